/** A command line that keeps images on this machine, with all of its state in a folder of the bench. */
export interface ImageClient extends AsyncDisposable {
  readonly name: string;
  /** Pulls and unpacks, as a person would, and resolves once the command has ended. Nothing of the image was there before. */
  pull(reference: string): Promise<void>;
  /** The image is there, unpacked. */
  push(reference: string): Promise<void>;
  /** Gives an image another name. */
  tag(from: string, to: string): Promise<void>;
  /** Forgets every image, so that the next pull starts from nothing. */
  forget(): Promise<void>;
  /** How many files the image has, by the client's own storage: that a figure is not made by leaving work out. */
  countFiles(reference: string): Promise<number>;
  /** Processes whose memory counts beside those that the command starts itself: a daemon's. */
  readonly daemons: readonly number[];
}
