using VirtHandover.Bus.Client;
using VirtHandover.Tui.Model;

namespace VirtHandover.Tui.Screen;

/// <summary>What the controller needs from the terminal. All of it is called on the terminal's thread.</summary>
internal interface IScreenSurface
{
    /// <summary>Runs an action on the terminal's thread, soon; may be called from any thread.</summary>
    void Post(Action action);

    /// <summary>The state has changed; show it.</summary>
    void Show(ScreenState state);

    /// <summary>Asks whether all of these are to be approved; Cancel is the default.</summary>
    bool ConfirmApproveAll(IReadOnlyList<DomainView> domains, string note);

    /// <summary>Asks until when and why; null when the user thinks better of it.</summary>
    DeferAnswer? AskUntil(IReadOnlyList<DomainView> domains);

    /// <summary>Asks why the queue is to be paused; null when the user thinks better of it.</summary>
    string? AskPauseReason();

    /// <summary>Draws everything anew.</summary>
    void Redraw();

    /// <summary>Leaves.</summary>
    void Quit();
}

/// <summary>Holds the screen's state; everything that changes it comes through here, on the terminal's thread.</summary>
internal sealed class ScreenController
{
    private readonly IScreenSurface surface;
    private readonly TimeProvider time;
    private readonly ServiceLink link;
    private readonly ServiceCalls calls;

    public ScreenController(IScreenSurface surface, Func<CancellationToken, Task<IHandoverService>> connect, TimeProvider time, string program)
    {
        this.surface = surface;
        this.time = time;
        link = new ServiceLink(
            connect,
            time,
            view => Change(state => ScreenNews.Arrived(state, view, time.GetUtcNow())),
            reports => Change(state => ScreenNews.Booked(state, reports)),
            sentence => Change(state => ScreenNews.WentAway(state, sentence, time.GetUtcNow())));
        calls = new ServiceCalls(link, Change, time, program);
    }

    public ScreenState State { get; private set; } = new();

    /// <summary>How much of the state was visible when it was last shown.</summary>
    public ScreenExtent Extent { get; set; } = new(0, 0, 0);

    /// <summary>Follows the service until the screen closes; never throws.</summary>
    public Task FollowAsync(CancellationToken cancellationToken) => link.FollowAsync(cancellationToken);

    /// <summary>A key was pressed; on the terminal's thread.</summary>
    /// <returns>False when the key does nothing here.</returns>
    public bool Press(string key, CancellationToken cancellationToken)
    {
        var typing = State.Entry is not null;
        if (!typing && KeyTable.Find(key) is null)
        {
            return false;
        }

        var (next, effect) = typing ? FilterKeys.Press(State, key, Extent) : ScreenKeys.Press(State, KeyTable.Find(key)!.Value, Extent);
        Set(next);
        Carry(effect, cancellationToken);
        return true;
    }

    private void Carry(ScreenEffect? effect, CancellationToken cancellationToken)
    {
        switch (effect)
        {
            case ScreenEffect.Call call:
                Ask(call, cancellationToken);
                break;
            case ScreenEffect.AskApproveAll all when surface.ConfirmApproveAll(all.Domains, all.Note):
                Ask(new ScreenEffect.Call(ServiceVerb.Approve, all.Domains), cancellationToken);
                break;
            case ScreenEffect.AskDefer defer when surface.AskUntil(defer.Domains) is { } answer:
                Ask(
                    new ScreenEffect.Call(ServiceVerb.Defer, defer.Domains) { Until = answer.Until, UntilText = answer.Text, Reason = answer.Reason },
                    cancellationToken);
                break;
            case ScreenEffect.AskPauseQueue when surface.AskPauseReason() is { } reason:
                Ask(new ScreenEffect.Call(ServiceVerb.PauseQueue, []) { Reason = reason }, cancellationToken);
                break;
            case ScreenEffect.Redraw:
                surface.Redraw();
                break;
            case ScreenEffect.Quit:
                surface.Quit();
                break;
            default:
                break;
        }
    }

    /// <summary>Calls take their time; the screen does not wait for them.</summary>
    private void Ask(ScreenEffect.Call call, CancellationToken cancellationToken) =>
        _ = Task.Run(() => calls.DoAsync(call, cancellationToken), CancellationToken.None);

    private void Change(Func<ScreenState, ScreenState> change) => surface.Post(() => Set(change(State)));

    private void Set(ScreenState next)
    {
        if (next != State)
        {
            State = next;
            surface.Show(next);
        }
    }
}
