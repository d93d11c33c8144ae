using VirtHandover.Bus.Client;
using VirtHandover.Contract;
using VirtHandover.Tui.Model;

namespace VirtHandover.Tui.Screen;

/// <summary>Follows the service for as long as the screen is open, across its restarts, and carries the screen's calls to it.</summary>
/// <param name="connect">Connects; throws <see cref="ServiceException"/>.</param>
/// <param name="time">Clock of the waits.</param>
/// <param name="arrived">A snapshot came.</param>
/// <param name="booked">Past handovers were read: all at first, then what is new.</param>
/// <param name="wentAway">The service cannot be reached; the sentence says why.</param>
internal sealed class ServiceLink(
    Func<CancellationToken, Task<IHandoverService>> connect,
    TimeProvider time,
    Action<HostView> arrived,
    Action<IReadOnlyList<HandoverReport>> booked,
    Action<string> wentAway)
{
    /// <summary>Between two attempts to reach a service that is away. Each may have systemd start it, so they must not be many.</summary>
    private static readonly Backoff Pause = new(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(4));

    /// <summary>Snapshots that come faster are taken together: drawing costs more than reading.</summary>
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(150);

    /// <summary>More than could end between two looks at the history.</summary>
    private const int NewReports = 50;

    private volatile IHandoverService? present;

    /// <summary>Follows the service until it is told to stop; never throws.</summary>
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        var failures = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await using var service = await connect(cancellationToken).ConfigureAwait(false);
                HostView? last = null;
                await foreach (var view in service.WatchAsync(cancellationToken).ConfigureAwait(false))
                {
                    present = service;
                    failures = 0;
                    arrived(view);
                    if (last is null || HasEnded(last, view))
                    {
                        await BookAsync(service, last is null ? ReportBook.Most : NewReports, cancellationToken).ConfigureAwait(false);
                    }

                    last = view;
                    await Task.Delay(Breath, time, cancellationToken).ConfigureAwait(false);
                }

                wentAway("The service went away; waiting for it to come back.");
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (ServiceException e)
            {
                wentAway(e.Message);
            }
            catch (Exception e)
            {
                wentAway($"The connection to the service broke ({e.Message}); trying again.");
            }
            finally
            {
                present = null;
            }

            await Task.Delay(Pause.After(failures++), time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The screen is of use without a history, too.</summary>
    private async Task BookAsync(IHandoverService service, int limit, CancellationToken cancellationToken)
    {
        try
        {
            booked(await service.HistoryAsync(new HistoryQuery(null, limit), cancellationToken).ConfigureAwait(false));
        }
        catch (ServiceException e) when (e.Fault is not ServiceFault.Unreachable)
        {
        }
    }

    private static bool HasEnded(HostView old, HostView view)
    {
        var before = old.Domains.ToDictionary(domain => domain.Uuid);
        return view.Domains.Any(domain => !before.TryGetValue(domain.Uuid, out var was)
            || (was.State == "running" && domain.State != "running")
            || (was.LastSentence, was.LastTotalMicroseconds, was.LastPauseMicroseconds)
                != (domain.LastSentence, domain.LastTotalMicroseconds, domain.LastPauseMicroseconds));
    }

    /// <summary>The service, while it is there.</summary>
    /// <exception cref="ServiceException">It is away.</exception>
    public IHandoverService Present => present
        ?? throw new ServiceException(ServiceFault.Unreachable, "The service is away; nothing was asked of it. Try again when it is back.");
}
