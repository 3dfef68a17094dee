import { loadSettings } from './settings';

const answering = (body: string, status = 200) =>
  (async () => new Response(body, { status })) as unknown as typeof fetch;

describe('the settings of an environment', () => {
  it('are what settings.json says', async () => {
    const settings = await loadSettings(answering('{"service": "orders", "sampleRatio": 0.5}'));
    expect(settings.service).toBe('orders');
    expect(settings.sampleRatio).toBe(0.5);
  });

  it.each([
    ['missing', answering('', 404)],
    ['not JSON', answering('<html>')],
  ])('leave the page working and untraced when they are %s', async (_, get) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const settings = await loadSettings(get);
    expect(settings.telemetryUrl).toBe('');
    expect(settings.version).toBe('unknown');
    expect(warn).toHaveBeenCalledOnce();
  });
});
