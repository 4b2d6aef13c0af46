export * from './address';
export {
  array,
  attrs,
  family,
  nested,
  plain,
  prefixed,
  repeated,
  selectedBy,
  type AttributeTable,
  type AttributesOf,
  type Fields,
  type Infer,
  type Message,
  type MessageFamily,
  type RawAttribute,
  type WithRaw,
} from './attributes';
export * from './codec';
export * from './connection';
export * as constants from './constants';
export { attributeAt, missingAt, policyRange, type AnyFamily } from './extack';
export * from './link';
export * from './neighbor';
export * from './nsid';
export { Pace } from './pace';
export { Reply, RequestBuffer, messageTypeName, type RequestContext } from './request';
export * from './route';
export { Reader, Writer } from './wire';
