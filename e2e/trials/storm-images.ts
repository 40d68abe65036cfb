import { buildImage, type FixtureImage, type LayerEntry, randomBlob } from '@slipway/testkit';

/** Images of a few megabytes that share layers: below, in the middle and above others. What they hold follows from the seed. */
export function buildStormImages(seed: string): ReadonlyMap<string, FixtureImage> {
  const base = baseLayer(seed);
  const middle = treeOf('middle', seed);
  const hiding: LayerEntry[] = [
    { path: 'base/.wh.file-3' },
    { path: 'base/folder-0/' },
    { path: 'base/folder-0/.wh..wh..opq' },
    { path: 'base/folder-0/new', content: 'new' },
    { path: 'linked', type: 'hardlink', linkTarget: 'base/file-7' },
    // Without its folder, which is taken from below.
    { path: 'base/folder-1/late', content: 'late' },
  ];
  const layers: Readonly<Record<string, readonly (readonly LayerEntry[])[]>> = {
    low: [base],
    wide: [base, middle, treeOf('wide', seed)],
    hiding: [base, middle, hiding, [{ path: 'top', content: seed }]],
    turned: [treeOf('turned', seed), base],
  };
  const images = Object.entries(layers).map(([name, entries]) => {
    return [name, buildImage({ layers: entries, config: { Labels: { name } } })] as const;
  });
  return new Map(images);
}

function baseLayer(seed: string): LayerEntry[] {
  const entries: LayerEntry[] = [{ path: 'base/' }, { path: 'base/blob', content: randomBlob(6_000_000, `${seed} base`) }];
  for (let number = 0; number < 400; number++) entries.push({ path: `base/file-${number}`, content: `${seed} ${number}\n`.repeat(20) });
  for (let number = 0; number < 20; number++) {
    entries.push(
      { path: `base/folder-${number}/`, mode: number % 5 === 4 ? 0 : 0o755 },
      { path: `base/folder-${number}/file`, content: 'x' },
    );
  }
  return entries;
}

function treeOf(name: string, seed: string): LayerEntry[] {
  const entries: LayerEntry[] = [{ path: `${name}/` }, { path: `${name}/blob`, content: randomBlob(3_000_000, `${seed} ${name}`) }];
  for (let number = 0; number < 200; number++) entries.push({ path: `${name}/file-${number}`, content: `${name} ${number}\n` });
  return entries;
}
