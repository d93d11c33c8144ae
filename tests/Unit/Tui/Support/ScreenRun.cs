using Terminal.Gui.App;
using Terminal.Gui.Configuration;
using Terminal.Gui.Input;
using Terminal.Gui.Testing;
using Terminal.Gui.Time;
using Terminal.Gui.ViewBase;
using VirtHandover.Tui.Model;
using VirtHandover.Tui.Screen;

namespace VirtHandover.Tests.Unit.Tui.Support;

/// <summary>The screen in process: real views, a driver without a terminal.</summary>
internal sealed class ScreenRun : IDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly IApplication app;
    private readonly ScreenProgram program;
    private readonly SessionToken session;
    private readonly Task following;

    static ScreenRun() => Environment.SetEnvironmentVariable("DisableRealDriverIO", "1");

    public ScreenRun(FakeService service, int width, int height, bool color = true, GlyphSet? glyphs = null)
    {
        Service = service;
        Cli = new CliRun(service, terminal: true);
        Cli.Context = Cli.Context with { Traits = Cli.Context.Traits with { Glyphs = glyphs ?? GlyphSet.Unicode } };
        GlyphSettings.Current = Cli.Context.Traits.Glyphs.IsAscii ? AsciiGlyphs.Settings : GlyphSettings.Default;
        var ours = SynchronizationContext.Current;
        app = Application.Create(new VirtualTimeProvider());
        app.Init("ansi");
        app.Driver!.Force16Colors = true;
        app.Driver.SetScreenSize(width, height);
        program = new ScreenProgram(app, Cli.Context, new Palette(color), "kvm-17", stop.Token);
        session = app.Begin(program.Window)!;

        // Terminal.Gui has put its own in place, which only a running main loop would serve; the test awaits on this thread.
        SynchronizationContext.SetSynchronizationContext(ours);
        following = Task.Run(() => program.FollowAsync(stop.Token));
    }

    public FakeService Service { get; }

    public CliRun Cli { get; }

    /// <summary>True until the screen was left.</summary>
    public bool IsRunning => program.Window is { IsRunning: true, StopRequested: false };

    public ScreenState State => program.State;

    public string Text => Draw().ToString() ?? "";

    public string Ansi => Draw().ToAnsi();

    public void Press(params Key[] keys)
    {
        foreach (var key in keys)
        {
            app.InjectKey(key);
        }
    }

    /// <summary>Hears of every view that draws its lines.</summary>
    public void CountDraws(Action drawn)
    {
        foreach (var view in All(program.Window).OfType<LinesView>())
        {
            view.DrawingContent += (_, _) => drawn();
        }

        static IEnumerable<View> All(View view) => view.SubViews.SelectMany(All).Prepend(view);
    }

    /// <summary>One turn of the main loop: what was posted happens, what has changed is drawn.</summary>
    public void Turn()
    {
        app.TimedEvents!.RunTimers();
        app.LayoutAndDraw();
    }

    public void Resize(int width, int height) => app.Driver!.SetScreenSize(width, height);

    /// <summary>Lets what was posted happen until the screen shows what is waited for.</summary>
    public Task ShowsAsync(string text) => UntilAsync(screen => screen.Contains(text, StringComparison.Ordinal), $"does not show “{text}”");

    /// <summary>The opposite.</summary>
    public Task GoneAsync(string text) => UntilAsync(screen => !screen.Contains(text, StringComparison.Ordinal), $"still shows “{text}”");

    private Task UntilAsync(Func<string, bool> condition, string complaint) => Eventually.TrueAsync(
        () =>
        {
            // The first snapshot comes at a known time, which the log shows.
            if (State.View is not null)
            {
                Cli.Time.Advance(TimeSpan.FromSeconds(1));
            }

            app.TimedEvents!.RunTimers();
            return condition(Text);
        },
        () => $"The screen {complaint}:\n{Text}");

    public void Dispose()
    {
        GlyphSettings.Current = GlyphSettings.Default;
        stop.Cancel();
        app.End(session);
        program.Dispose();
        app.Dispose();
        following.Wait(TimeSpan.FromSeconds(5));
        stop.Dispose();
    }

    private Terminal.Gui.Drivers.IDriver Draw()
    {
        app.LayoutAndDraw();
        return app.Driver!;
    }
}
