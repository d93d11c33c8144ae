using System.Text.Json;
using CliWrap;
using CliWrap.EventStream;

namespace VirtHandover.Tests.Integration.Host;

/// <summary>Listens to the guests' streams of datagrams until it is stopped.</summary>
internal sealed class Probe : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _kill = new();
    private readonly List<StreamRecord> _records = [];
    private readonly Task _listener;

    public Probe() => _listener = Listen();

    /// <summary>Ends listening and returns what came from each guest, by its address.</summary>
    public async Task<IReadOnlyDictionary<string, StreamRecord>> Stop()
    {
        await _stop.CancelAsync();
        _kill.CancelAfter(TimeSpan.FromSeconds(10));
        await _listener;
        return _records.ToDictionary(record => record.Ip);
    }

    public async ValueTask DisposeAsync()
    {
        await _kill.CancelAsync();
        await _listener.ContinueWith(_ => { }, TaskScheduler.Default);
        _stop.Dispose();
        _kill.Dispose();
    }

    private async Task Listen()
    {
        var (start, words) = Reach.Command("probe", ["listen"], true);
        var command = Cli.Wrap(start).WithArguments(words).WithValidation(CommandResultValidation.None);
        try
        {
            // The graceful token sends SIGINT, upon which the probe prints its records.
            await foreach (var e in command.ListenAsync(System.Text.Encoding.UTF8, System.Text.Encoding.UTF8, _kill.Token, _stop.Token))
            {
                if (e is StandardOutputCommandEvent output)
                    _records.Add(JsonSerializer.Deserialize<StreamRecord>(output.Text, JsonSerializerOptions.Web)!);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // CliWrap reports a graceful end like this too; what was printed is in the records.
        }
    }
}
