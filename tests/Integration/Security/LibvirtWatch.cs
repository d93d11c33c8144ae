using System.Diagnostics;
using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Integration.Security;

/// <summary>Asks libvirt again and again, and knows how long it was away at most.</summary>
internal sealed class LibvirtWatch : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly Stopwatch _since = Stopwatch.StartNew();
    private readonly Task _watching;
    private TimeSpan _longest;

    public LibvirtWatch() => _watching = Watch();

    /// <summary>The longest time between two of its answers since this was asked last; what lasts counts.</summary>
    public TimeSpan Longest()
    {
        lock (_lock)
        {
            TimeSpan longest = _longest > _since.Elapsed ? _longest : _since.Elapsed;
            _longest = TimeSpan.Zero;
            return longest;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        _stop.Dispose();
    }

    private async Task Watch()
    {
        while (!_stop.IsCancellationRequested)
        {
            bool answers = (await Shell.TryRun("timeout", "60", "virsh", "-q", "list", "--name")).ExitCode == 0;
            lock (_lock)
            {
                if (answers)
                {
                    _longest = _since.Elapsed > _longest ? _since.Elapsed : _longest;
                    _since.Restart();
                }
            }

            await Task.Delay(100);
        }
    }
}
