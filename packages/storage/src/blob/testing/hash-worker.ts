import { serveHashing } from '../hashing/serve-hashing.ts';

serveHashing();
