using System.Text.Json;
using CliWrap;
using CliWrap.EventStream;

namespace VirtHandover.Tests.Integration.Host;

/// <summary>What became of the datagrams that a guest was to send back; the probe's JSON.</summary>
internal sealed record EchoRecord(string Ip, long Sent, long Answered, long Lost, double LongestGapMs);

/// <summary>Sends datagrams to a guest, which sends them back, until it is stopped. Several are several flows, which a tap gives to different queues.</summary>
internal sealed class Echo : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _kill = new();
    private readonly Task _sender;
    private EchoRecord? _record;

    /// <summary>Begins.</summary>
    /// <param name="guest">The guest.</param>
    /// <param name="hertz">How many a second.</param>
    public Echo(Guest guest, int hertz) => _sender = Send(guest.Address, hertz);

    /// <summary>Ends it, and waits up to a second for the last answers.</summary>
    public async Task<EchoRecord> Stop()
    {
        await _stop.CancelAsync();
        _kill.CancelAfter(TimeSpan.FromSeconds(20));
        await _sender;
        return _record ?? throw new InvalidOperationException("The probe printed nothing.");
    }

    public async ValueTask DisposeAsync()
    {
        await _kill.CancelAsync();
        await _sender.ContinueWith(_ => { }, TaskScheduler.Default);
        _stop.Dispose();
        _kill.Dispose();
    }

    private async Task Send(string address, int hertz)
    {
        var command = Cli.Wrap("probe").WithArguments(["echo", address, $"{hertz}"]).WithValidation(CommandResultValidation.None);
        try
        {
            // The graceful token sends SIGINT, upon which the probe prints its record.
            await foreach (var e in command.ListenAsync(System.Text.Encoding.UTF8, System.Text.Encoding.UTF8, _kill.Token, _stop.Token))
            {
                if (e is StandardOutputCommandEvent output)
                    _record = JsonSerializer.Deserialize<EchoRecord>(output.Text, JsonSerializerOptions.Web)!;
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // CliWrap reports a graceful end like this too; what was printed is in the record.
        }
    }
}
