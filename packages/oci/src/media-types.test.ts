import { expect, test } from 'vitest';
import { isArtifactManifestType, isForeignLayerType, isImageManifestType, isIndexType, isSchema1Type, MEDIA_TYPES } from './media-types.ts';

test('MEDIA_TYPES fall into at most one class each', () => {
  const classes = [isIndexType, isImageManifestType, isArtifactManifestType, isForeignLayerType, isSchema1Type];
  const counts = Object.values(MEDIA_TYPES).map((type) => classes.filter((isOfClass) => isOfClass(type)).length);
  expect(Math.max(...counts)).toBe(1);
  expect(counts.filter((count) => count === 1)).toHaveLength(2 + 2 + 1 + 6 + 2);
});
