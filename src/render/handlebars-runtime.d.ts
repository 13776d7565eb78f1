// Handlebars ships no types for its runtime half; they are the same.
declare module 'handlebars/runtime.js' {
  export { default } from 'handlebars';
}
