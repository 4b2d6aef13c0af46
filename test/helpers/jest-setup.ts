import { loadNative } from '../../lib/native';

/** Every test closes what it opens: the addon's own count of kernel resources must not grow. */
let before: ReturnType<typeof counts>;

function counts() {
  return process.platform === 'linux' ? loadNative().liveHandles() : undefined;
}

beforeAll(() => {
  before = counts();
});

afterAll(() => {
  expect(counts()).toEqual(before);
});
