export * from './api';
export * from './capture';
export { NetError, type ExtendedAck } from './errors';
export * from './host';
export { AddonError } from './native';
export * from './packet';
export * from './tap';
