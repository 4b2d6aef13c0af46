export * from './addresses';
export { type BatchBuilder, type BatchOutcome, type BatchResult } from './batch';
export { NetnsHost, openHostParts, type HostOptions, type HostParts } from './host';
export * from './links';
export * from './neighbors';
export {
  netns,
  openNetns,
  NETNS_DIRECTORY,
  type NamedNetns,
  type Netns,
  type NetnsOpenOptions,
  type NetnsSpec,
} from './netns';
export * from './routes';
export { ExecError, type ExecResult, type HostExecOptions, type HostSpawnOptions } from './spawn';
