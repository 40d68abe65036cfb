export type { ConfigSources } from './config/config.ts';
export { SETTINGS, type Setting, type SettingName } from './config/settings.ts';
export { serve } from './serve.ts';
