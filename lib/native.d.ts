export * from '../native.js';
