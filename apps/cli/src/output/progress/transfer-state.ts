/** Where a layer is on its way. Sizes are in bytes. */
export type TransferState =
  | { readonly kind: 'pulling' }
  | { readonly kind: 'preparing' }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'downloading'; readonly doneBytes: number; readonly totalBytes: number }
  | { readonly kind: 'verifying' }
  | { readonly kind: 'downloaded' }
  | { readonly kind: 'extracting'; readonly doneBytes: number; readonly totalBytes: number }
  | { readonly kind: 'pulled' }
  | { readonly kind: 'exists' }
  | { readonly kind: 'pushing'; readonly doneBytes: number; readonly totalBytes: number }
  | { readonly kind: 'pushed' }
  | { readonly kind: 'layer-exists' }
  /** `from` as docker names it: `library/app`. */
  | { readonly kind: 'mounted'; readonly from: string }
  /** Anything else, in words that stay as they are. */
  | { readonly kind: 'note'; readonly text: string; readonly isDone: boolean };

type StateWithProgress = Extract<TransferState, { readonly totalBytes: number }>;

/** Docker's word for a state. */
export function describeState(state: TransferState): string {
  switch (state.kind) {
    case 'pulling':
      return 'Pulling fs layer';
    case 'preparing':
      return 'Preparing';
    case 'waiting':
      return 'Waiting';
    case 'downloading':
      return 'Downloading';
    case 'verifying':
      return 'Verifying Checksum';
    case 'downloaded':
      return 'Download complete';
    case 'extracting':
      return 'Extracting';
    case 'pulled':
      return 'Pull complete';
    case 'exists':
      return 'Already exists';
    case 'pushing':
      return 'Pushing';
    case 'pushed':
      return 'Pushed';
    case 'layer-exists':
      return 'Layer already exists';
    case 'mounted':
      return `Mounted from ${state.from}`;
    case 'note':
      return state.text;
  }
}

/** A layer that needs nothing more. */
export function isFinal(state: TransferState): boolean {
  return state.kind === 'note' ? state.isDone : ['pulled', 'exists', 'pushed', 'layer-exists', 'mounted'].includes(state.kind);
}

/** States that move, and have a bar on terminals. */
export function hasProgress(state: TransferState): state is StateWithProgress {
  return 'totalBytes' in state;
}
