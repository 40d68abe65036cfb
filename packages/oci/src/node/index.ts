export { chainIdsOf } from './chain-id.ts';
export { createDigester, type Digester, digestBytes } from './digester.ts';
