export { CaptureError } from './format';
export {
  PcapngWriter,
  type CapturedFrame,
  type CaptureInterfaceOptions,
  type CaptureLinkType,
  type FrameList,
  type PcapngWriterOptions,
} from './pcapng-writer';
export { readCapture, type CaptureInterface, type CapturePacket } from './reader';
export { replay, type ReplayOptions } from './replay';
