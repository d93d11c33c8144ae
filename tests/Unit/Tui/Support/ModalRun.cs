using Terminal.Gui.App;
using Terminal.Gui.Input;
using Terminal.Gui.Testing;
using Terminal.Gui.Time;
using VirtHandover.Tui.Screen;

namespace VirtHandover.Tests.Unit.Tui.Support;

/// <summary>One dialog in process. The screen runs dialogs in a loop of their own, which would not return to a test.</summary>
internal sealed class ModalRun<T> : IDisposable
    where T : Modal
{
    private readonly IApplication app;
    private readonly SessionToken session;

    static ModalRun() => Environment.SetEnvironmentVariable("DisableRealDriverIO", "1");

    public ModalRun(T modal, int width = 80, int height = 24)
    {
        Modal = modal;
        var ours = SynchronizationContext.Current;
        app = Application.Create(new VirtualTimeProvider());
        app.Init("ansi");
        app.Driver!.SetScreenSize(width, height);
        session = app.Begin(modal)!;
        SynchronizationContext.SetSynchronizationContext(ours);
    }

    public T Modal { get; }

    public bool IsOpen => !Modal.StopRequested;

    public string Text
    {
        get
        {
            app.LayoutAndDraw();
            return app.Driver!.ToString() ?? "";
        }
    }

    public void Press(params Key[] keys)
    {
        foreach (var key in keys)
        {
            app.InjectKey(key);
        }
    }

    public void Dispose()
    {
        app.End(session);
        Modal.Dispose();
        app.Dispose();
    }
}
