using System.Collections;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VirtHandover.Configuration;
using VirtHandover.Linux;
using VirtHandover.Linux.Launch;
using VirtHandover.Worker;

namespace VirtHandover.Service;

/// <summary>
/// The front as a child of the worker, where no systemd starts both. Neither outlives the other: whoever calls the service next starts them anew.
/// </summary>
/// <param name="paths">Where the service's things are.</param>
/// <param name="user">The front's user; null when there is none.</param>
internal sealed class OwnFront(ServicePaths paths, SystemUser? user)
{
    /// <summary>The first argument of the front; the number of its end of the connection follows.</summary>
    internal const string Role = "front";

    private const int Channel = 3;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    /// <summary>Starts it and serves it until it has ended.</summary>
    /// <param name="door">Serves it.</param>
    /// <param name="stopping">Tells it to end.</param>
    /// <returns>Its exit code.</returns>
    /// <exception cref="LinuxException">It cannot be started.</exception>
    public async Task<int> ServeAsync(WorkerDoor door, CancellationToken stopping)
    {
        var (here, there) = UnixSockets.Pair();
        using var end = new CancellationTokenSource();
        using var socket = new Socket(new SafeSocketHandle(here.DangerousGetHandle(), ownsHandle: false));
        using var channel = here;
        await using var stream = new NetworkStream(socket, ownsSocket: false);
        using var front = await StartAsync(there, stopping).ConfigureAwait(false);
        await using var terminate = stopping.Register(front.Terminate);
        await door.ServeAsync(stream, end.Token).ConfigureAwait(false);
        // It has closed its end, or broken the rules; either way it is over. As a rule it is about to end by itself, and says by its code why.
        foreach (var force in (Action[])[() => { }, front.Terminate, front.Kill])
        {
            force();
            if (await front.WaitForExitAsync(s_patience, CancellationToken.None).ConfigureAwait(false))
                break;
        }

        return ProcessSpawner.Reap(front) ?? ExitCode.Software;
    }

    private async Task<ProcessHandle> StartAsync(SafeHandle there, CancellationToken stopping)
    {
        using (there)
        using (var errors = new SafeFileHandle(2, ownsHandle: false))
        {
            return await PowerlessSelf.StartAsync(
                [Role, Channel.ToString(CultureInfo.InvariantCulture)],
                user,
                Variables(),
                [new InheritedDescriptor(errors, 2), new InheritedDescriptor(there, Channel)],
                stopping).ConfigureAwait(false);
        }
    }

    private List<string> Variables()
    {
        var variables = new List<string> { $"STATE_DIRECTORY={paths.Queue}" };
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            if (entry.Key is not "STATE_DIRECTORY")
                variables.Add($"{entry.Key}={entry.Value}");
        }

        return variables;
    }
}
