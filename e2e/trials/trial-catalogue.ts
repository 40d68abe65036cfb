import { buildImage, buildIndex, type FixtureBlob, type FixtureImage, randomBlob } from '@slipway/testkit';
import { RandomChoice } from './random-choice.ts';

/** Content that a trial pushes, with what it needs in its repository. */
export interface TrialManifest {
  readonly blob: FixtureBlob;
  readonly blobs: readonly FixtureBlob[];
  readonly children: readonly TrialManifest[];
  readonly subject: string | undefined;
}

const LAYER_SIZES = [0, 1, 700, 5_000, 5_000, 70_000, 300_000, 1_500_000] as const;
const LAYERS = 40;

/** Every image, index and referrer has a number and is the same each time. Images share layers, so repositories share blobs. */
export class TrialCatalogue {
  readonly #seed: string;
  readonly #layers = new Map<number, Buffer>();
  readonly #images = new Map<string, FixtureImage>();
  readonly #known = new Map<string, TrialManifest>();
  readonly #indexes = new Map<string, string[]>();

  constructor(seed: string) {
    this.#seed = seed;
  }

  /** What was made so far, by digest. */
  find(digest: string): TrialManifest | undefined {
    return this.#known.get(digest);
  }

  /** The indexes made so far that list the manifest. */
  indexesOf(digest: string): readonly string[] {
    return this.#indexes.get(digest) ?? [];
  }

  image(number: number): TrialManifest {
    return this.#keep(toTrial(this.#image(`image ${number}`)));
  }

  index(number: number): TrialManifest {
    const images = [this.#image(`image ${number}`), this.#image(`image ${number + 1}`)];
    const index = buildIndex(images, { annotations: { number: String(number) } });
    const children = images.map((image) => this.#keep(toTrial(image)));
    const made = this.#keep({ blob: index.manifest, blobs: [], children, subject: undefined });
    for (const child of children) this.#noteIndex(child.blob.descriptor.digest, made.blob.descriptor.digest);
    return made;
  }

  referrer(number: number, subject: TrialManifest): TrialManifest {
    return this.#keep(toTrial(this.#image(`referrer ${number}`, subject), subject));
  }

  /** An image with blobs of its own. */
  single(name: string): TrialManifest {
    const layer = randomBlob(2000, `${this.#seed} single ${name}`);
    return this.#keep(toTrial(buildImage({ layers: [layer], compression: 'none', config: { Labels: { name } } })));
  }

  /** Bytes that nothing names. */
  loose(number: number): Buffer {
    return randomBlob(50_000 + number, `${this.#seed} loose ${number}`);
  }

  #image(name: string, subject?: TrialManifest): FixtureImage {
    const key = `${name} ${subject?.blob.descriptor.digest ?? ''}`;
    const known = this.#images.get(key);
    if (known !== undefined) return known;
    const random = new RandomChoice(`${this.#seed} ${name}`);
    const layers = Array.from({ length: 1 + random.below(3) }, () => this.#layer(random.below(LAYERS)));
    const image = buildImage({
      layers,
      compression: 'none',
      config: { Labels: { name } },
      ...(subject === undefined ? {} : { subject: subject.blob.descriptor, artifactType: 'application/vnd.trial.note' }),
    });
    this.#images.set(key, image);
    return image;
  }

  #layer(number: number): Buffer {
    const bytes = this.#layers.get(number) ?? randomBlob(LAYER_SIZES[number % LAYER_SIZES.length] ?? 1, `${this.#seed} layer ${number}`);
    this.#layers.set(number, bytes);
    return bytes;
  }

  #noteIndex(child: string, index: string): void {
    const known = this.#indexes.get(child) ?? [];
    if (!known.includes(index)) this.#indexes.set(child, [...known, index]);
  }

  #keep(manifest: TrialManifest): TrialManifest {
    const { digest } = manifest.blob.descriptor;
    const known = this.#known.get(digest);
    if (known !== undefined) return known;
    this.#known.set(digest, manifest);
    return manifest;
  }
}

function toTrial(image: FixtureImage, subject?: TrialManifest): TrialManifest {
  return { blob: image.manifest, blobs: [...image.layers, image.config], children: [], subject: subject?.blob.descriptor.digest };
}
