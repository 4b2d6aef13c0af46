export * from './address';
export * from './groups';
export * from './link';
export * from './neighbor';
export * from './netlink';
export * from './nsid';
export * from './route';
