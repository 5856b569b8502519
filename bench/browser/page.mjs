/** @file What the page does: it measures, and tells the server that it came from. */
const report = (result) => fetch('/result', { method: 'POST', body: JSON.stringify(result) });

try {
  // Imported here, so that also what fails while loading is told.
  const { measure } = await import('./measure.mjs');
  const { loadNetwork } = await import('./network.mjs');
  const network = await loadNetwork(await fetch('/network.safetensors'));
  await report({ results: await measure(), network, userAgent: navigator.userAgent });
} catch (error) {
  await report({ error: String(error?.stack ?? error) });
}
