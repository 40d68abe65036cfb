import { runTool } from './program.ts';

// `npm run format [PATH...]`: layout and order of imports, in place.
const { exitCode } = await runTool('@biomejs/biome', ['check', '--linter-enabled=false', '--write', ...process.argv.slice(2)], {
  isShown: true,
});
process.exitCode = exitCode;
