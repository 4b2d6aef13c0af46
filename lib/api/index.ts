export { Host } from './host';
