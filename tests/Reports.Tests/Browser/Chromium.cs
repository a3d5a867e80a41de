using Microsoft.Playwright;

namespace Interp.Reports.Tests.Browser;

/// <summary>A headless Chromium of the system without a network; tests are skipped where there is none.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private static readonly string[] Places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>Pages that were opened for several tests.</summary>
    internal Dictionary<string, OpenPage> Shared { get; } = [];

    public async ValueTask InitializeAsync()
    {
        if (Places.FirstOrDefault(File.Exists) is not { } executable)
        {
            return;
        }

        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = executable,
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
                "--disable-sync",
            ],
        });
    }

    /// <summary>Opens a page from disk.</summary>
    /// <param name="page">The page.</param>
    /// <param name="width">Width of the window, CSS pixels.</param>
    /// <param name="dark">Whether the reader prefers dark pages.</param>
    internal async Task<OpenPage> Open(byte[] page, int width = 1280, bool dark = false)
    {
        if (_browser is null)
        {
            Assert.Skip($"no Chromium at {string.Join(", ", Places)}");
        }

        string file = Path.Combine(Path.GetTempPath(), $"interp-report-{Guid.NewGuid():N}.html");
        await File.WriteAllBytesAsync(file, page, TestContext.Current.CancellationToken);
        IBrowserContext context = await _browser.NewContextAsync(new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = width, Height = 900 },
            ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light,
            Offline = true,
            ReducedMotion = ReducedMotion.Reduce,
        });
        IPage blank = await context.NewPageAsync();
        ICDPSession performance = await context.NewCDPSessionAsync(blank);
        await performance.SendAsync("Performance.enable");
        var open = new OpenPage(blank, performance, file);
        await open.Page.GotoAsync(new Uri(file).AbsoluteUri);
        return open;
    }

    /// <summary>A page that several tests look at, opened by the first.</summary>
    internal async Task<OpenPage> OpenShared(string name, Func<byte[]> page)
    {
        if (!Shared.TryGetValue(name, out OpenPage? open))
        {
            Shared[name] = open = await Open(page());
        }

        return open;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (OpenPage page in Shared.Values)
        {
            await page.DisposeAsync();
        }

        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }
}
