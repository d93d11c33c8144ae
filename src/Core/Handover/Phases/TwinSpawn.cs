using System.Globalization;
using System.Runtime.InteropServices;
using VirtHandover.Linux;
using VirtHandover.Linux.Launch;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Phases;

/// <summary>A QEMU that is started beside the source, in its context: the target, or the old program's twin.</summary>
internal sealed record TwinSpawn
{
    /// <summary>Which QEMU it is, for the sentences: <c>new</c> or <c>old</c>.</summary>
    internal required string Which { get; init; }

    /// <summary>Its command line.</summary>
    internal required TargetStart Start { get; init; }

    /// <summary>Where its monitor listens.</summary>
    internal required MonitorPlace Monitors { get; init; }

    /// <summary>What its memory is; whoever gives it keeps it.</summary>
    internal required Func<FdOrigin.Memory, SafeHandle> Memory { get; init; }

    /// <summary>Its listening sockets; whoever gives one has given it away.</summary>
    internal required Func<FdOrigin.Source, SafeHandle> Chardev { get; init; }

    /// <summary>What it has beyond its command line.</summary>
    internal IReadOnlyList<InheritedDescriptor> More { get; init; } = [];

    /// <summary>Numbers at which it gets vhost workers of its own.</summary>
    internal IReadOnlyList<int> Workers { get; init; } = [];

    /// <summary>Parks what it binds; null when it binds nothing.</summary>
    internal BindTrace? Binds { get; init; }

    /// <summary>Where its words go; null when they go nowhere.</summary>
    internal LastWords? LastWords { get; init; }

    /// <summary>Starts it; on return it is QEMU.</summary>
    /// <param name="begun">The source.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="LinuxException">It could not be started; the sentence says at which step.</exception>
    /// <exception cref="HandoverException">A descriptor has no origin.</exception>
    internal async Task<Target> RunAsync(Begun begun, CancellationToken cancellationToken)
    {
        var owned = new List<SafeHandle>();
        try
        {
            var descriptors = new List<InheritedDescriptor>(More);
            void Give(int number, SafeHandle handle, bool isOurs = true)
            {
                if (isOurs)
                    owned.Add(handle);
                descriptors.Add(new InheritedDescriptor(handle, number));
            }

            foreach (var (number, origin) in Start.Fds.Select(fd => (fd.Number, fd.Origin)))
                Give(number, Open(begun, number, origin), isOurs: origin is not (FdOrigin.Memory or FdOrigin.Monitor));
            foreach (var number in Workers)
                Give(number, VhostNet.Open());
            // Its words go where the source's go: libvirt's log of the VM.
            foreach (var number in (int[])[1, 2])
                Give(number, begun.Descriptors.Duplicate(number));

            using var namespaces = SourceNamespaces.Open(begun.Source.Identity);
            var arguments = Start.Line.Render();
            var process = await new Launch
            {
                Subject = $"The {Which} QEMU",
                Context = LaunchContexts.OfTwin(begun.Context, begun.Source.Identity, begun.Affinity),
                Namespaces = namespaces,
                Program = arguments[0],
                Arguments = arguments,
                Environment = begun.Context.Environment,
                Descriptors = descriptors,
                Binds = Binds,
            }.StartAsync(cancellationToken).ConfigureAwait(false);
            // It has it; its end is to be seen on the connection.
            Monitors.LetGo(Which == "old" ? MonitorPlace.Old : MonitorPlace.New);
            return new Target(process, Monitors, begun.Name, LastWords, Which);
        }
        finally
        {
            owned.ForEach(handle => handle.Dispose());
        }
    }

    private SafeHandle Open(Begun begun, int number, FdOrigin origin) => origin switch
    {
        FdOrigin.Monitor => Which == "old" ? Monitors.OldSocket : Monitors.NewSocket,
        FdOrigin.Memory memory => Memory(memory),
        FdOrigin.Source { Role: FdRole.Chardev } chardev => Chardev(chardev),
        FdOrigin.Source source => begun.Descriptors.Duplicate(source.Number),
        _ => throw new HandoverException(string.Create(CultureInfo.InvariantCulture, $"File descriptor {number} of the {Which} QEMU has no origin.")),
    };
}
