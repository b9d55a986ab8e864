import js from '@eslint/js';
import globals from 'globals';
import tseslint from 'typescript-eslint';
import vue from 'eslint-plugin-vue';

/**
 * Arrows between folders point one way (docs/architecture.md):
 * standalone -> web, operator/decide, ingest, transcoder -> service-kit -> crds. Media folders meet only through the seams.
 */
const mayImport = {
  crds: [],
  'service-kit': ['crds'],
  operator: ['crds', 'service-kit'],
  ingest: ['crds', 'service-kit'],
  transcoder: ['crds', 'service-kit'],
  web: ['crds', 'service-kit'],
  standalone: ['crds', 'service-kit', 'operator/decide', 'ingest', 'transcoder', 'web'],
};
const folders = Object.keys(mayImport);

const arrows = Object.entries(mayImport).map(([folder, allowed]) => {
  const parts = allowed.filter((part) => part.includes('/'));
  const denied = [...folders, 'tests', 'bench'].filter((other) => other !== folder && !allowed.includes(other));
  // A package of which a part is allowed has nothing else to import than parts.
  const whole = denied.filter((other) => !parts.some((part) => part.startsWith(`${other}/`)));
  return {
    files: [`${folder}/**/*.{ts,vue}`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: [
                ...whole.map((other) => `@showrunner/${other}`),
                ...denied.map((other) => `@showrunner/${other}/*`),
                ...parts.map((part) => `!@showrunner/${part}`),
              ],
              message: `${folder}/ may import only ${allowed.join(', ') || 'no other folder'}.`,
            },
            { regex: `^(\\.\\./)+(${[...folders, 'tests', 'bench'].join('|')})/`, message: 'Import by package name.' },
          ],
        },
      ],
    },
  };
});

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', 'data/**'] },
  js.configs.recommended,
  {
    files: ['**/*.ts', '**/*.vue'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, extraFileExtensions: ['.vue'] } },
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/require-await': 'off',
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  ...vue.configs['flat/recommended'],
  {
    files: ['**/*.vue'],
    languageOptions: {
      globals: globals.browser,
      parserOptions: { parser: tseslint.parser, projectService: true, extraFileExtensions: ['.vue'] },
    },
    rules: {
      // The formatter owns layout.
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/html-self-closing': 'off',
      'vue/html-indent': 'off',
      'vue/html-closing-bracket-newline': 'off',
      'vue/multi-word-component-names': 'off',
    },
  },
  { files: ['web/app/**/*.ts'], languageOptions: { globals: globals.browser } },
  { files: ['**/*.{js,mjs}'], languageOptions: { globals: globals.node } },
  { files: ['scripts/**', 'bench/**', 'standalone/src/commands/**'], rules: { 'no-console': 'off' } },
  ...arrows,
);
