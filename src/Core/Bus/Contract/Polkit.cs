using System.Globalization;

namespace VirtHandover.Bus.Contract;

/// <summary>
/// Asks polkit over the bus. The subject is the caller's unique name, which the bus never gives to anybody else; a pid could be
/// another process's by the time of the answer.
/// </summary>
internal static class Polkit
{
    internal const string ActionPrefix = "org.virthandover.handover1.";

    /// <summary>Questions of one user that wait for an answer: each may wait for a person for minutes, and hold a place of the service's while it does.</summary>
    internal const int MostOfOne = 4;

    /// <summary>Of all users together.</summary>
    internal const int MostOfAll = 24;

    /// <summary>How long a person is waited for.</summary>
    internal static readonly TimeSpan PersonLimit = TimeSpan.FromMinutes(3);

    private const string BusName = "org.freedesktop.PolicyKit1";
    private const string Authority = "/org/freedesktop/PolicyKit1/Authority";
    private const string AuthorityInterface = "org.freedesktop.PolicyKit1.Authority";
    private const uint AllowUserInteraction = 1;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);
    private static long s_last;
    private static readonly UserTally s_waiting = new(MostOfOne, MostOfAll);

    /// <summary>Asks whether the caller may do something; with a password prompt if the call allows one.</summary>
    internal static async Task<PolkitVerdict> CheckAsync(BusCall call, BusCaller caller, string action)
    {
        using var open = s_waiting.TryOpen(caller.UserId);
        return open is null
            ? PolkitVerdict.TooMany
            : await CheckAsync(
                call.Connection,
                call.Message.Sender,
                action,
                new Dictionary<string, string> { ["method"] = call.Message.Member, ["object"] = call.Message.Path },
                call.AllowsInteraction).ConfigureAwait(false);
    }

    /// <summary>As above, in its parts.</summary>
    /// <param name="connection">The service's connection.</param>
    /// <param name="sender">The caller's unique name.</param>
    /// <param name="action">The action.</param>
    /// <param name="details">What a rule of the site can look at, besides who it is.</param>
    /// <param name="interactive">Whether somebody may be asked for a password; that can take minutes.</param>
    internal static Task<PolkitVerdict> CheckAsync(
        BusConnection connection, string sender, string action, IReadOnlyDictionary<string, string> details, bool interactive) => interactive
        ? AskPersonAsync(connection, sender, action, details, PersonLimit)
        : AskAsync(connection, Request(sender, action, details, 0, ""), CancellationToken.None);

    /// <summary>Asks with a password prompt.</summary>
    /// <param name="connection">The service's connection.</param>
    /// <param name="sender">The caller's unique name.</param>
    /// <param name="action">The action.</param>
    /// <param name="details">What a rule of the site can look at, besides who it is.</param>
    /// <param name="limit">How long a person is waited for.</param>
    internal static async Task<PolkitVerdict> AskPersonAsync(
        BusConnection connection, string sender, string action, IReadOnlyDictionary<string, string> details, TimeSpan limit)
    {
        var cancellation = string.Create(CultureInfo.InvariantCulture, $"virt-handover-{Environment.ProcessId}-{Interlocked.Increment(ref s_last)}");
        using var left = new CancellationTokenSource(limit);
        var isGone = false;
        await using var watch = (await connection.WatchNameAsync(sender, owner =>
        {
            if (owner.Length == 0)
            {
                // Not here, where messages are read: whoever waits for the answer goes on with it.
                Volatile.Write(ref isGone, true);
                _ = left.CancelAsync();
            }
        }).ConfigureAwait(false)).ConfigureAwait(false);
        try
        {
            var request = Request(sender, action, details, AllowUserInteraction, cancellation) with { Timeout = Timeout.InfiniteTimeSpan };
            return await AskAsync(connection, request, left.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The prompt would stay on somebody's screen for a caller that is not there any more, or that has been told no.
            await AskAsync(connection, ToPolkit("CancelCheckAuthorization", cancellation), CancellationToken.None).ConfigureAwait(false);
            return Volatile.Read(ref isGone) ? PolkitVerdict.Denied : PolkitVerdict.Late;
        }
    }

    private static async Task<PolkitVerdict> AskAsync(BusConnection connection, BusRequest request, CancellationToken cancellationToken)
    {
        try
        {
            var reply = await connection.CallAsync(request, cancellationToken).ConfigureAwait(false);
            return reply is [var result] && result.AsFields() is [var allowed, var challenge, _]
                ? (allowed.AsBoolean(), challenge.AsBoolean()) switch
                {
                    (true, _) => PolkitVerdict.Allowed,
                    (_, true) => PolkitVerdict.PasswordNeeded,
                    _ => PolkitVerdict.Denied,
                }
                : PolkitVerdict.Denied;
        }
        catch (BusException e) when (e.Name is BusErrorNames.ServiceUnknown
            || (e.Name == BusErrorNames.NameHasNoOwner && IsAboutPolkit(e.Message))
            || e.Name.StartsWith(BusErrorNames.SpawnPrefix, StringComparison.Ordinal))
        {
            return PolkitVerdict.Absent;
        }
        catch (BusException)
        {
            // The caller has left, polkit is stuck, or it does not know the action: whatever is not a yes is a no.
            return PolkitVerdict.Denied;
        }
    }

    // polkit says the same of a caller that has left. dbus-broker 33 names nobody when a service cannot be started, 37 does.
    private static bool IsAboutPolkit(string message) =>
        message.Contains(BusName, StringComparison.Ordinal) || message.StartsWith("Could not activate remote peer:", StringComparison.Ordinal);

    private static BusRequest Request(string sender, string action, IReadOnlyDictionary<string, string> details, uint flags, string cancellation) =>
        ToPolkit(
            "CheckAuthorization",
            BusValue.StructOf("system-bus-name", BusValue.Options(new Dictionary<string, BusValue> { ["name"] = sender })),
            action,
            BusValue.ArrayOf("{ss}", details.Select(pair => (BusValue)new BusValue.Entry(pair.Key, pair.Value))),
            flags,
            cancellation);

    private static BusRequest ToPolkit(string member, params BusValue[] arguments) =>
        new(BusName, Authority, AuthorityInterface, member, arguments) { Timeout = s_limit };
}
