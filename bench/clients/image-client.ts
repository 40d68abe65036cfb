import { join } from 'node:path';

/** A command line that keeps images on this machine, with all of its state in a folder of the bench. */
export interface ImageClient extends AsyncDisposable {
  readonly name: string;
  /** Pulls and unpacks, as a person would, and resolves once the command has ended. Nothing of the image was there before. */
  pull(reference: string): Promise<void>;
  /** The image is there, unpacked. */
  push(reference: string): Promise<void>;
  /** Gives an image another name. */
  tag(from: string, to: string): Promise<void>;
  /** How many files the image has, by the client's own storage: that a figure is not made by leaving work out. */
  countFiles(reference: string): Promise<number>;
  /** Processes whose memory counts beside those that the command starts itself: a daemon's. */
  readonly daemons: readonly number[];
}

/**
 * A client for each run, on state of its own, so that every pull starts from nothing. Nothing is deleted between runs: for a minute or more after
 * many files went, ext4 is slow at making new ones.
 */
export class FreshClients implements AsyncDisposable {
  readonly #open: (folder: string) => Promise<ImageClient>;
  readonly #folder: string;
  #opened = 0;
  #client: ImageClient | undefined;

  constructor(folder: string, open: (folder: string) => Promise<ImageClient>) {
    this.#folder = folder;
    this.#open = open;
  }

  get client(): ImageClient {
    if (this.#client === undefined) throw new Error('No client was opened');
    return this.#client;
  }

  /** Ends the last one; its state stays. */
  async renew(): Promise<ImageClient> {
    await this[Symbol.asyncDispose]();
    this.#opened += 1;
    this.#client = await this.#open(join(this.#folder, String(this.#opened)));
    return this.#client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client?.[Symbol.asyncDispose]();
    this.#client = undefined;
  }
}
