using VirtHandover.Bus.Client;

namespace VirtHandover.Bus.Contract;

/// <summary>The manager's object; callers read what the server last put here.</summary>
internal sealed class PublishedManager(IHandoverRequests requests, HostView view, CancellationToken stopping)
{
    private volatile HostView _view = view;

    internal IHandoverRequests Requests => requests;

    internal CancellationToken Stopping => stopping;

    internal HostView View
    {
        get => _view;
        set => _view = value;
    }
}

/// <summary>One domain's object.</summary>
internal sealed class PublishedDomain(PublishedManager manager, DomainView view)
{
    private volatile DomainView _view = view;

    internal delegate Task DomainAction(Guid domain, BusCaller caller, CancellationToken cancellationToken);

    internal delegate Task DomainActionWithOptions(
        Guid domain, BusCaller caller, IReadOnlyDictionary<string, BusValue> options, CancellationToken cancellationToken);

    internal IHandoverRequests Requests => manager.Requests;

    internal DomainView View
    {
        get => _view;
        set => _view = value;
    }

    internal CancellationToken Stopping => manager.Stopping;

    /// <summary>What the methods of a domain have in common.</summary>
    internal Task ActAsync(BusCall call, DomainAction action) =>
        ActAsync(call, (domain, caller, _, cancellationToken) => action(domain, caller, cancellationToken));

    /// <summary>As above, for a method with options.</summary>
    internal async Task ActAsync(BusCall call, DomainActionWithOptions action, params IReadOnlyList<string> known)
    {
        var caller = await Bouncer.DemandAsync(call).ConfigureAwait(false);
        await action(View.Uuid, caller, CallOptions.Read(call, known), manager.Stopping).ConfigureAwait(false);
    }
}
