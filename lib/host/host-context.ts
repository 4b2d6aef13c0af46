/** Where the operations of a host happen. */
export interface HostContext {
  /** The name of the network namespace, for errors. */
  readonly netns?: string;
}
