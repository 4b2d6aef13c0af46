export {
  FrameBatch,
  FRAME_HEADROOM,
  MAX_BATCH_FRAMES,
  MAX_FRAME_BYTES,
  VNET_HEADER_BYTES,
  type FrameBatchOptions,
} from './frame-batch';
export type { FramesOptions } from './frame-reader';
export type { Offload } from './offloads';
export {
  adoptTun,
  openQueue,
  openTap,
  openTun,
  Tap,
  Tun,
  type AdoptOptions,
  type TapOptions,
  type TunLinkOptions,
  type TunOptions,
} from './open';
export { TunDevice, type FrameCounters, type SendOptions, type TxFilter } from './tun-device';
