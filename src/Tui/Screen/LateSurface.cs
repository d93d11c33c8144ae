using VirtHandover.Bus.Client;
using VirtHandover.Tui.Model;

namespace VirtHandover.Tui.Screen;

/// <summary>
/// Stands for a terminal that is still being set up, so that the service is asked meanwhile and its answer is in the first picture.
/// What is posted before waits; everything else is called by what was posted, and so never before.
/// </summary>
internal sealed class LateSurface : IScreenSurface
{
    private readonly Lock gate = new();
    private readonly List<Action> waiting = [];
    private IScreenSurface? surface;

    /// <summary>The terminal is there. On its thread.</summary>
    public void Attach(IScreenSurface ready)
    {
        lock (gate)
        {
            surface = ready;
        }

        waiting.ForEach(action => action());
        waiting.Clear();
    }

    public void Post(Action action)
    {
        lock (gate)
        {
            if (surface is null)
            {
                waiting.Add(action);
                return;
            }
        }

        surface.Post(action);
    }

    public void Show(ScreenState state) => surface!.Show(state);

    public bool ConfirmApproveAll(IReadOnlyList<DomainView> domains, string note) => surface!.ConfirmApproveAll(domains, note);

    public DeferAnswer? AskUntil(IReadOnlyList<DomainView> domains) => surface!.AskUntil(domains);

    public string? AskPauseReason() => surface!.AskPauseReason();

    public void Redraw() => surface!.Redraw();

    public void Quit() => surface!.Quit();
}
