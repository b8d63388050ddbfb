/*
 * Runs in the browser before the navigation is made: opens its first group until the reader closes
 * it.
 */

for (const heading of ['Guides']) {
  const key = `tsd-accordion-${heading}`;
  if (localStorage.getItem(key) === null) localStorage.setItem(key, 'true');
}
