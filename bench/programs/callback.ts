/** What a Node program does without etherloom: one read, one callback, one write per frame. Descriptors 3 and 4 are the TAPs. */
import { read, write } from 'node:fs';

function forward(from: number, to: number): void {
  const buffer = Buffer.alloc(65_568);
  const next = (): void => {
    read(from, buffer, 0, buffer.length, null, (error, size) => {
      if (error) throw error;
      write(to, buffer, 0, size, null, () => next());
    });
  };
  next();
}

forward(3, 4);
forward(4, 3);
console.log('ready');
