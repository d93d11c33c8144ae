using VirtHandover.Bus.Client;
using VirtHandover.Tui.Format;

namespace VirtHandover.Tui.Cli;

/// <summary>From what the user typed to a domain of the service.</summary>
internal static class DomainFinder
{
    private const int MostNames = 8;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Reads the state, and has the service look once more when it does not know one of the domains: it notices a start two seconds later,
    /// and later still while packages are being installed.
    /// </summary>
    /// <param name="service">The service.</param>
    /// <param name="texts">What the user typed.</param>
    /// <param name="time">For the patience of ten seconds.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public static async Task<HostView> ReadAsync(IHandoverService service, IReadOnlyList<string> texts, TimeProvider time, CancellationToken cancellationToken)
    {
        var view = await service.ReadAsync(cancellationToken).ConfigureAwait(false);
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            // Twice: the first end that is seen may be that of a scan that was under way and had looked already.
            for (var looks = 0; looks < 2 && texts.Any(text => Seek(view, text) is null); looks++)
            {
                view = await LookAsync(service, view, either.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is ServiceException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // Who may not ask, or gets no answer, hears what is known.
        }

        return view;
    }

    /// <summary>Finds a domain by UUID or by its exact name.</summary>
    /// <exception cref="ServiceException">There is none; the sentence names those there are.</exception>
    public static DomainView Find(HostView view, string text) =>
        Seek(view, text) ?? throw new ServiceException(ServiceFault.UnknownDomain, $"No running domain has the name or UUID “{text}”; {There(view)}");

    /// <summary>Has the service look, and waits for the end of a scan.</summary>
    private static async Task<HostView> LookAsync(IHandoverService service, HostView before, CancellationToken cancellationToken)
    {
        await service.RescanAsync(cancellationToken).ConfigureAwait(false);
        await foreach (var view in service.WatchAsync(cancellationToken).ConfigureAwait(false))
        {
            if (view.LastScan != before.LastScan)
            {
                break;
            }
        }

        return await service.ReadAsync(cancellationToken).ConfigureAwait(false);
    }

    private static DomainView? Seek(HostView view, string text)
    {
        var byName = view.Domains.FirstOrDefault(domain => domain.Name == text);
        return Guid.TryParse(text, out var uuid) ? view.Domains.FirstOrDefault(domain => domain.Uuid == uuid) ?? byName : byName;
    }

    private static string There(HostView view)
    {
        var names = view.Domains.Take(MostNames).Select(domain => ShellWord.Domain(domain.Name, domain.Uuid));
        return view.Domains.Count switch
        {
            0 => "no domain is running.",
            <= MostNames => $"running are {string.Join(", ", names)}.",
            _ => $"{view.Domains.Count} are running, “virt-handover list” shows them.",
        };
    }
}
