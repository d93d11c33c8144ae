using System.Text;
using CsCheck;
using Serilog.Core;
using Serilog.Events;
using VirtHandover.Service.Logging;

namespace VirtHandover.Tests.Unit.Service;

public class LineSinkTests
{
    private readonly MemoryStream _output = new();

    private string Said => Encoding.UTF8.GetString(_output.ToArray());

    [Fact]
    public void A_domain_name_cannot_forge_a_line()
    {
        using var log = Log();
        log.Warning("Domain {Name} is odd.", "a\n<0>forged\u001b[2J\u202E\u0085");
        log.Debug("Not shown.");
        Assert.Equal("<4>Domain a\\u000A<0>forged\\u001B[2J\\u202E\\u0085 is odd.\n", Said);
    }

    [Fact]
    public void Whatever_is_said_is_one_line() => AnyText.Gen.Sample(
        text =>
        {
            _output.SetLength(0);
            using (var log = Log(new UnclosedStream(_output)))
                log.Error("It said: {Text}", text);
            Assert.StartsWith("<3>It said: ", Said, StringComparison.Ordinal);
            Assert.Equal(Said.Length - 1, Said.AsSpan().IndexOfAnyInRange('\0', '\u001f'));
        },
        threads: 1);

    [Fact]
    public void A_fault_stands_behind_the_message_and_nothing_is_endless()
    {
        using var log = Log();
        log.Fatal(new InvalidOperationException("broken\nvase"), "It fell");
        log.Information("{Text}", new string('x', 20_000));
        Assert.Equal($"<2>It fell: System.InvalidOperationException: broken\\u000Avase\n<6>{new string('x', 16 * 1024)}…\n", Said);
    }

    [Fact]
    public void A_person_at_a_terminal_reads_no_priorities()
    {
        using var log = ServiceLog.Create(new LineSink(_output, hasPriority: false), LogEventLevel.Information);
        log.Information("It is ready: {Count}, {Nothing}.", 3, null);
        Assert.Equal("It is ready: 3, null.\n", Said);
    }

    [Fact]
    public void Where_there_is_no_room_nobody_waits_and_what_was_lost_is_told()
    {
        var hasRoom = true;
        using var log = ServiceLog.Create(new LineSink(_output, hasPriority: true, () => hasRoom), LogEventLevel.Information);
        log.Information("One.");
        hasRoom = false;
        log.Information("Two.");
        log.Information("Three.");
        hasRoom = true;
        log.Information("Four.");
        log.Information("Five.");
        Assert.Equal("<6>One.\n<4>2 lines of virt-handoverd's log were lost: nobody took them.\n<6>Four.\n<6>Five.\n", Said);
    }

    [Fact]
    public void Nobody_fails_because_nobody_reads()
    {
        using var log = Log();
        _output.Dispose();
        log.Error("Nobody hears this.");
        Assert.Empty(_output.ToArray());
    }

    private Logger Log(Stream? output = null) => ServiceLog.Create(new LineSink(output ?? _output, hasPriority: true), LogEventLevel.Information);

    private sealed class UnclosedStream(MemoryStream output) : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer) => output.Write(buffer);
    }
}
