import type { BenchCase } from '../bench-case.ts';
import { commandMemory } from './command-memory.ts';
import { imagePull } from './image-pull.ts';
import { imagePush } from './image-push.ts';
import { manifest } from './manifest.ts';
import { memory } from './memory.ts';
import { pull1g, pull4 } from './pull.ts';
import { push1g } from './push.ts';
import { smallBlobs } from './small-blobs.ts';
import { smallImages } from './small-images.ts';
import { tagsAll, tagsPage } from './tags.ts';

/** In the order in which they run and are printed. */
export const ALL_CASES: readonly BenchCase[] = [
  pull1g,
  pull4,
  push1g,
  smallBlobs,
  smallImages,
  manifest,
  tagsPage,
  tagsAll,
  memory,
  imagePull,
  imagePush,
  commandMemory,
];
