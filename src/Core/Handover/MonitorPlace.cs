using System.Globalization;
using System.Runtime.InteropServices;
using VirtHandover.Handover.Journal;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;
using VirtHandover.Qemu;

namespace VirtHandover.Handover;

/// <summary>
/// Where the monitors of a handover's QEMUs are: in a directory of root's inside the VM's own. QEMU's user owns the VM's directory and could swap
/// names in it at any time; into root's he cannot look, and he can rename it, but not take it elsewhere. The new QEMU's monitor leaves it for the
/// place of the source's, in one step.
/// </summary>
internal sealed class MonitorPlace : IDisposable
{
    /// <summary>The new QEMU's. The file has the handover's number behind it.</summary>
    internal const string New = "monitor.sock.new";

    /// <summary>That of the old program's twin.</summary>
    internal const string Old = "monitor.sock.old";

    /// <summary>As libvirt gives them to its own: <c>rwxrwxr-x</c>.</summary>
    private const int Mode = 0x1fd;

    /// <summary>Entries of a VM's directory; libvirt's own are some five.</summary>
    private const int MostEntries = 10_000;

    private readonly HeldDirectory _vm;
    private readonly HeldDirectory? _own;
    private readonly string _source;
    private readonly string _name;
    private readonly string _old;
    private string _new;
    private SafeHandle? _sourceSocket;
    private SafeHandle? _newSocket;
    private SafeHandle? _oldSocket;

    private MonitorPlace(HeldDirectory vm, HeldDirectory? own, string source, long id, string name)
    {
        _vm = vm;
        _own = own;
        _source = source;
        _name = name;
        _new = FileOf(New, id);
        _old = FileOf(Old, id);
    }

    /// <summary>Ours alone; until the switch.</summary>
    internal HeldDirectory Private => _own ?? throw new InvalidOperationException("The new QEMU has its socket.");

    /// <summary>Where the new QEMU's monitor is until the switch; for sentences and the journal.</summary>
    internal string NewPath => $"{_own?.Path ?? _vm.Path}/{_new}";

    /// <summary>Whether the new QEMU's monitor is still there.</summary>
    /// <exception cref="LinuxException">It cannot be looked at.</exception>
    internal bool HasNew => _own?.Look(_new) is { IsSocket: true };

    /// <summary>The socket for the new QEMU; it listens itself.</summary>
    internal SafeHandle NewSocket => _newSocket ?? throw new InvalidOperationException("The new QEMU has its socket.");

    /// <summary>The socket for the old program's twin.</summary>
    internal SafeHandle OldSocket => _oldSocket ?? throw new InvalidOperationException("The twin has its socket.");

    /// <summary>Makes it, and both sockets in it.</summary>
    /// <param name="source">The source's monitor.</param>
    /// <param name="id">The handover's number.</param>
    /// <exception cref="HandoverException">The source's monitor is not there.</exception>
    /// <exception cref="LinuxException">It cannot be made.</exception>
    internal static MonitorPlace Make(string source, long id)
    {
        var vm = HeldDirectory.Open(Path.GetDirectoryName(source)!);
        HeldDirectory? own = null;
        MonitorPlace? place = null;
        try
        {
            own = vm.MakePrivate(NameOf(id));
            place = new MonitorPlace(vm, own, Path.GetFileName(source), id, NameOf(id));
            // While libvirt is up: where it finds something else when it comes back, it ends the VM, or takes another one for it.
            place._sourceSocket = vm.Find(place._source);
            if (place._sourceSocket is null || FileIdentity.Of(place._sourceSocket) is not { IsSocket: true })
            {
                throw new HandoverException(
                    $"The VM's monitor {source} is no socket: somebody has put something else in its place. "
                    + "The VM runs on, but libvirt will lose it at its next start; put the socket back.");
            }

            // What a handover of the same number has left: numbers begin anew with a new database.
            _ = own.Remove(FileOf(New, id)) && own.Remove(FileOf(Old, id));
            place._newSocket = own.Bind(FileOf(New, id), Mode);
            place._oldSocket = own.Bind(FileOf(Old, id), Mode);
            return place;
        }
        catch
        {
            _ = vm.Remove(NameOf(id), isDirectory: true);
            place?.Dispose();
            own?.Dispose();
            vm.Dispose();
            throw;
        }
    }

    /// <summary>Finds what an interrupted handover left.</summary>
    /// <param name="source">The source's monitor.</param>
    /// <param name="id">The handover's number.</param>
    /// <exception cref="LinuxException">The VM's directory cannot be opened.</exception>
    internal static MonitorPlace Of(string source, long id)
    {
        var vm = HeldDirectory.Open(Path.GetDirectoryName(source)!);
        try
        {
            var name = NameOf(id);
            if (vm.FindPrivate(name) is { } own)
                return new MonitorPlace(vm, own, Path.GetFileName(source), id, name);
            // Whoever owns the VM's directory may have renamed it.
            foreach (var other in vm.Names(MostEntries))
            {
                if (vm.FindPrivate(other) is not { } found)
                    continue;
                if (found.Look(FileOf(New, id)) is { IsSocket: true })
                    return new MonitorPlace(vm, found, Path.GetFileName(source), id, other);
                found.Dispose();
            }

            // Releases before had it beside the source's.
            var earlier = string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(source)}.{id}");
            return vm.Look(earlier) is { IsSocket: true }
                ? new MonitorPlace(vm, vm, Path.GetFileName(source), id, name) { _new = earlier }
                : new MonitorPlace(vm, null, Path.GetFileName(source), id, name);
        }
        catch
        {
            vm.Dispose();
            throw;
        }
    }

    /// <summary>Removes what an interrupted handover left, if that can be done: what stays is in nobody's way, and goes with the VM.</summary>
    /// <param name="source">The source's monitor.</param>
    /// <param name="id">The handover's number.</param>
    internal static void TryRemove(string source, long id)
    {
        try
        {
            using var place = Of(source, id);
            place.End(Old);
            place.End(New);
        }
        catch (Exception exception) when (exception is LinuxException or IOException or UnauthorizedAccessException)
        {
            // The VM has ended, and its directory with it.
        }
    }

    /// <summary>The source's monitor, as it was when this was made.</summary>
    /// <inheritdoc cref="SourceMonitor.ConnectAsync(SafeHandle, string, ProcessHandle, string, TimeSpan, CancellationToken)"/>
    internal Task<SourceMonitor> ConnectSourceAsync(ProcessHandle source, string domain, TimeSpan limit, CancellationToken cancellationToken = default) =>
        SourceMonitor.ConnectAsync(_sourceSocket!, $"{_vm.Path}/{_source}", source, domain, limit, cancellationToken);

    /// <summary>The monitor of one of the two QEMUs that were started; waits until it listens.</summary>
    /// <param name="name"><see cref="New"/> or <see cref="Old"/>.</param>
    /// <param name="process">The process.</param>
    /// <param name="peer">For error sentences.</param>
    /// <param name="limit">How long connecting and each command may take.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="QmpProtocolException">It does not answer, or somebody else does.</exception>
    internal Task<QmpClient> ConnectStartedAsync(string name, ProcessHandle process, string peer, TimeSpan limit, CancellationToken cancellationToken) =>
        QmpClient.ConnectAsync(_own!, Own(name), process, peer, limit, isOurs: true, cancellationToken);

    /// <summary>The new QEMU's monitor, before or after the switch.</summary>
    /// <param name="process">The new QEMU.</param>
    /// <param name="peer">For error sentences.</param>
    /// <param name="limit">How long connecting and each command may take.</param>
    /// <exception cref="QmpProtocolException">It does not answer, or somebody else does.</exception>
    internal Task<QmpClient> ConnectNewAsync(ProcessHandle process, string peer, TimeSpan limit) => HasNew
        ? QmpClient.ConnectAsync(_own!, _new, process, peer, limit)
        : QmpClient.ConnectAsync(_vm, _source, process, peer, limit);

    /// <summary>What the journal has to say of the two sockets, so that a recovery knows the processes that hold them.</summary>
    /// <param name="at">When, host clock.</param>
    internal JournalEntry.Starting Entry(DateTimeOffset at) => new(BoundSocket.Of(NewSocket), BoundSocket.Of(OldSocket)) { At = at };

    /// <summary>Puts the new QEMU's monitor in the place of the source's. Done before: nothing.</summary>
    /// <exception cref="HandoverException">What is in the place now is not it.</exception>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    internal void Take()
    {
        if (!HasNew)
            return;
        var own = _own!;
        var moved = own.Look(_new);
        own.Move(_new, _vm, _source);
        // Only where a release before left it can somebody have put another one there.
        if (!own.IsPrivate && !(moved is { } before && _vm.Look(_source) is { } now && now.IsSameFile(before)))
            throw new HandoverException($"Somebody has put another socket in the place of the new QEMU's monitor, {_vm.Path}/{_source}.");
        _ = own.IsPrivate && _vm.Remove(_name, isDirectory: true);
    }

    /// <summary>Lets go of one of the sockets and removes it, and with the last one the directory.</summary>
    /// <param name="name"><see cref="New"/> or <see cref="Old"/>.</param>
    internal void End(string name)
    {
        LetGo(name);
        if (name == New)
            PutBack();
        _ = _own?.Remove(Own(name));
        // Not empty as long as the other one is there.
        _ = _own?.IsPrivate == true && _vm.Remove(_name, isDirectory: true);
    }

    /// <summary>Lets go of one of the sockets: who was started with it has it.</summary>
    /// <param name="name"><see cref="New"/> or <see cref="Old"/>.</param>
    internal void LetGo(string name)
    {
        if (name == Old)
            _oldSocket?.Dispose();
        else
            _newSocket?.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        LetGo(New);
        LetGo(Old);
        _sourceSocket?.Dispose();
        _own?.Dispose();
        _vm.Dispose();
    }

    // The source stays: whatever somebody has put in the place of its monitor meanwhile, libvirt is to find the monitor.
    private void PutBack()
    {
        if (_own is not { IsPrivate: true } own || _sourceSocket is null || FileIdentity.Of(_sourceSocket) is not { } before)
            return;
        try
        {
            if (_vm.Look(_source) is { } now && now.IsSameFile(before))
                return;
            own.Link(_sourceSocket, _source);
            own.Move(_source, _vm, _source);
        }
        catch (LinuxException)
        {
            // The socket has no name at all any more: its owner has made its monitor unreachable, for libvirt as well.
        }
    }

    private string Own(string name) => name == Old ? _old : _new;

    private static string FileOf(string name, long id) => string.Create(CultureInfo.InvariantCulture, $"{name}.{id}");

    private static string NameOf(long id) => string.Create(CultureInfo.InvariantCulture, $".virt-handover.{id}");
}
