/* Runs in the browser, before the navigation is made: its first heading is open until somebody closes it. */

for (const heading of ['Guides']) {
  const key = `tsd-accordion-${heading}`;
  if (localStorage.getItem(key) === null) localStorage.setItem(key, 'true');
}
