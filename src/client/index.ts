export type { components, operations, paths } from './api-types.js';
export {
  createFleetClient,
  everyItem,
  type FleetClient,
  type FleetClientOptions,
  type ListPage,
  type Schemas,
} from './fleet-client.js';
