export type { ImageToSave } from './archive-ports.ts';
export { findImagesToSave, type ImagesToSaveOptions } from './images-to-save.ts';
export { describeLoadEvent, type LoadEvent, type LoadOptions, type LoadProgress, loadArchive } from './load-archive.ts';
export { type LoadLayoutOptions, loadLayout } from './load-layout.ts';
export { createLayout, type LayoutImage, type OciLayout, type OciLayoutWriter, openLayout } from './oci-layout.ts';
export { type SaveArchiveOptions, saveArchive } from './save-archive.ts';
export { type WriteLayoutOptions, writeLayout } from './save-layout.ts';
