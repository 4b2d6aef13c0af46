export * from './address';
export { GsoType, VnetFlag, VnetHeader } from './vnet-header';
