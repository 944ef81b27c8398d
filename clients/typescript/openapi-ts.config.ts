import { defineConfig } from '@hey-api/openapi-ts';

export default defineConfig({
  input: '../../openapi.json',
  // Node.js runs TypeScript as it is, if imports name files.
  output: { path: 'generated', module: { extension: '.ts' } },
  logs: { level: 'silent', file: false },
});
