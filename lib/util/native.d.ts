export * from '../../native.js';
