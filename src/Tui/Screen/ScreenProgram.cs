using Terminal.Gui.App;
using Terminal.Gui.Configuration;
using Terminal.Gui.Drivers;
using Terminal.Gui.Input;
using VirtHandover.Bus.Client;
using VirtHandover.Tui.Cli;
using VirtHandover.Tui.Model;

namespace VirtHandover.Tui.Screen;

/// <summary>Opens the screen on the real terminal and gives the terminal back, however it ends.</summary>
internal sealed class ScreenProgram : IScreenSurface, IDisposable
{
    /// <summary>Terminal.Gui asks for every mouse movement; that would keep the user from copying text with the mouse.</summary>
    private const string MouseOff = "\e[?1003l\e[?1015l\e[?1006l";

    private const int UsualWidth = 80;
    private const int UsualHeight = 24;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly IApplication app;
    private readonly CliContext context;
    private readonly Palette palette;
    private readonly ScreenController controller;
    private bool leaving;

    /// <summary>Builds the screen on an application that is there already.</summary>
    public ScreenProgram(
        IApplication app, CliContext context, Palette palette, string hostName, CancellationToken cancellationToken, ScreenController? early = null)
    {
        this.app = app;
        this.context = context;
        this.palette = palette;
        controller = early ?? ControllerOf(this, context);
        var setting = new ScreenSetting(hostName, context.Traits.Glyphs, context.Zone);
        Window = new ScreenWindow(
            palette,
            setting,
            context.Time,
            key => controller.Press(key, cancellationToken),
            content => controller.Extent = content.Extent);
    }

    public ScreenWindow Window { get; }

    public ScreenState State => controller.State;

    /// <summary>Runs until the user leaves or the token is cancelled (TERM, HUP, INT).</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(ScreenOptions options, CliContext context, CancellationToken cancellationToken)
    {
        if (!Driver.IsAttachedToTerminal(out _, out _))
        {
            throw new UsageException("The screen needs a terminal on standard input and output; use a verb instead, for example “virt-handover list”.");
        }

        // By default Esc leaves the program and Ctrl-C does nothing.
        Application.SetDefaultKeyBinding(Command.Quit, Bind.All(Key.C.WithCtrl));
        if (context.Traits.Glyphs.IsAscii)
        {
            GlyphSettings.Current = AsciiGlyphs.Settings;
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var following = Run(options, context, stop, cancellationToken);
        await Task.WhenAny(following, Task.Delay(Patience, CancellationToken.None)).ConfigureAwait(false);
        return cancellationToken.IsCancellationRequested ? ExitCode.Interrupted : ExitCode.Ok;
    }

    /// <summary>The terminal is Terminal.Gui's from here until this returns or throws, all on one thread.</summary>
    private static Task Run(ScreenOptions options, CliContext context, CancellationTokenSource stop, CancellationToken signals)
    {
        // Setting up the terminal takes longer than the service's answer.
        var late = new LateSurface();
        var controller = ControllerOf(late, context);
        var following = Task.Run(() => controller.FollowAsync(stop.Token), CancellationToken.None);
        try
        {
            using var app = Application.Create().Init("ansi");
            app.Driver!.Force16Colors = true;
            app.Driver.WriteRaw(MouseOff);
            if (app.Driver.Cols <= 0 || app.Driver.Rows <= 0)
            {
                // A serial line knows no size, and a terminal at its end may not answer the question for it.
                app.Driver.SetScreenSize(UsualWidth, UsualHeight);
            }

            var palette = new Palette(options.Color);
            using var program = new ScreenProgram(app, context, palette, context.Host?.Text ?? Environment.MachineName, stop.Token, controller);
            using var signal = signals.Register(() => program.Post(program.Quit));
            app.Iteration += (_, _) => SettleCursor(app);
            late.Attach(program);
            program.Tick();
            try
            {
                app.Run(program.Window);
            }
            finally
            {
                // Before the terminal goes: nothing may be posted to it any more.
                stop.Cancel();
            }
        }
        catch
        {
            stop.Cancel();
            throw;
        }

        return following;
    }

    /// <summary>
    /// Terminal.Gui marks the cursor as changed and never takes the mark back: it would place it 25 times a second, which is a third of a
    /// serial line.
    /// </summary>
    private static void SettleCursor(IApplication app)
    {
        app.Navigation?.UpdateCursor();
        app.Driver?.SetCursorNeedsUpdate(false);
    }

    private static ScreenController ControllerOf(IScreenSurface surface, CliContext context) =>
        new(surface, context.Connect, context.Time, context.Program);

    /// <summary>Once a second, what depends on the time alone is shown anew: how long a phase takes, how far off a time is.</summary>
    public void Tick() => app.AddTimeout(Second, () =>
    {
        Window.Show(State);
        return true;
    });

    /// <summary>Follows the service; never throws.</summary>
    public Task FollowAsync(CancellationToken cancellationToken) => controller.FollowAsync(cancellationToken);

    public void Dispose() => Window.Dispose();

    /// <summary>
    /// Always by the main loop: Terminal.Gui's own Invoke runs the action at once when it takes the thread for its main one. Shown at
    /// once: the loop would draw it one round, 40 ms, later.
    /// </summary>
    public void Post(Action action) => app.AddTimeout(TimeSpan.Zero, () =>
    {
        action();
        app.LayoutAndDraw();
        return false;
    });

    public void Show(ScreenState state) => Window.Show(state);

    public bool ConfirmApproveAll(IReadOnlyList<DomainView> domains, string note)
    {
        using var modal = new ApproveAllModal(palette, context.Traits.Glyphs, domains, note);
        Run(modal);
        return modal.Approved && !leaving;
    }

    public DeferAnswer? AskUntil(IReadOnlyList<DomainView> domains)
    {
        using var modal = new DeferModal(palette, context.Traits.Glyphs, context.Time, domains);
        Run(modal);
        return leaving ? null : modal.Answer;
    }

    public string? AskPauseReason()
    {
        using var modal = new PauseQueueModal(palette, context.Traits.Glyphs);
        Run(modal);
        return leaving ? null : modal.Reason;
    }

    public void Redraw()
    {
        app.ClearScreenNextIteration = true;
        app.LayoutAndDraw(true);
    }

    public void Quit()
    {
        leaving = true;
        app.RequestStop();
    }

    private void Run(Modal modal)
    {
        app.Run(modal);
        if (modal.WantsQuit || leaving)
        {
            Quit();
        }
    }
}
