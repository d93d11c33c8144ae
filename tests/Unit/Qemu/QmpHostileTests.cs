using System.Net.Sockets;
using System.Text;
using CsCheck;
using VirtHandover.Qemu;

namespace VirtHandover.Tests.Unit.Qemu;

/// <summary>Whatever comes over the socket: nothing but the declared exceptions.</summary>
public class QmpHostileTests
{
    private const string Hello = """{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "x"}, "capabilities": []}}""" + "\r\n";

    [Fact]
    public void Random_bytes_are_a_protocol_fault() =>
        Gen.Byte.Array[0, 200].Sample(bytes => ReadsOrFaults(bytes), iter: 3000);

    [Fact]
    public void Cut_and_twisted_messages_are_a_protocol_fault()
    {
        string[] real =
        [
            Hello.Trim(),
            """{"return": {"status": "running", "running": true}, "id": 1}""",
            """{"error": {"class": "GenericError", "desc": "no \ud83d\ude00"}, "id": 2}""",
            """{"timestamp": {"seconds": 1763900000, "microseconds": 12345}, "event": "STOP", "data": {"a": [1, 2.5, null]}}""",
        ];
        Gen.Select(Gen.Int[0, real.Length - 1].Select(i => real[i]), Gen.Int[0, 120], Gen.Int[0, 120], Gen.Byte).Sample(
            (text, cut, at, with) =>
            {
                var bytes = Encoding.UTF8.GetBytes(text);
                bytes[at % bytes.Length] = with;
                ReadsOrFaults(bytes);
                ReadsOrFaults(bytes.AsSpan(0, cut % bytes.Length).ToArray());
            },
            iter: 5000);
    }

    [Theory]
    [InlineData("""{"event": "STOP", "timestamp": {"seconds": 9223372036854775807, "microseconds": 0}}""")]
    [InlineData("""{"event": "STOP", "timestamp": {"seconds": 1, "microseconds": 9223372036854775807}}""")]
    [InlineData("""{"event": "\ud800", "timestamp": {"seconds": 1, "microseconds": 1}}""")]
    [InlineData("""{"QMP": {"version": {"qemu": {"micro": -1, "minor": 2, "major": 7}}}}""")]
    [InlineData("""{"return": {}}""")]
    [InlineData("""{"return": {}, "id": "one"}""")]
    [InlineData("""{"return": {}, "id": 1} {}""")]
    [InlineData("[]")]
    public void Right_json_of_the_wrong_shape_is_a_protocol_fault(string line) =>
        Assert.Equal(QmpFault.Malformed, Assert.Throws<QmpProtocolException>(() => QmpMessageReader.Read(Encoding.UTF8.GetBytes(line), "QEMU")).Fault);

    [Fact]
    public void Deep_nesting_is_a_protocol_fault()
    {
        var line = """{"return": """ + new string('[', 100_000) + new string(']', 100_000) + """, "id": 1}""";
        Assert.Equal(QmpFault.Malformed, Assert.Throws<QmpProtocolException>(() => QmpMessageReader.Read(Encoding.UTF8.GetBytes(line), "QEMU")).Fault);
    }

    [Fact]
    public void Lines_come_out_whole_however_they_arrive()
    {
        var line = Gen.Byte[1, 255].Where(b => b is not ((byte)'\n' or (byte)'\r' or (byte)' ' or (byte)'\t')).Array[1, 300];
        Gen.Select(line.Array[0, 8], Gen.Int[1, 50]).Sample((lines, chunk) =>
        {
            var stream = lines.SelectMany(l => l.Concat("\r\n"u8.ToArray())).ToArray();
            var buffer = new QmpLineBuffer("QEMU", 4096);
            var seen = new List<byte[]>();
            for (var at = 0; at < stream.Length;)
            {
                var free = buffer.Free();
                var count = Math.Min(Math.Min(chunk, free.Length), stream.Length - at);
                stream.AsSpan(at, count).CopyTo(free.Span);
                buffer.Add(count);
                at += count;
                while (buffer.TryTake(out var taken))
                    seen.Add(taken.ToArray());
            }

            return !buffer.HasPart && seen.Count == lines.Length && seen.Zip(lines).All(p => p.First.AsSpan().SequenceEqual(p.Second));
        });
    }

    [Fact]
    public void A_line_without_end_is_too_large()
    {
        var buffer = new QmpLineBuffer("QEMU", 100_000);
        Assert.Equal(QmpFault.TooLarge, Assert.Throws<QmpProtocolException>(() => FillForEver(buffer)).Fault);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("garbage\n", QmpFault.Malformed)]
    [InlineData("{\"return\": {}, \"id\"", QmpFault.Closed)]
    [InlineData("", QmpFault.Closed)]
    [InlineData("{\"error\": {\"class\": \"GenericError\", \"desc\": \"JSON parse error\"}}\n", QmpFault.Malformed)]
    public async Task A_peer_that_goes_wrong_after_the_greeting_fails_the_command(string answer, QmpFault expected)
    {
        var (here, there) = await PairAsync();
        var peer = Task.Run(async () =>
        {
            await GreetAsync(there);
            await AnswerAsync(there, answer, answers: 1);
            there.Dispose();
        });
        await using var qmp = await QmpClient.AttachAsync(here.SafeHandle, "QEMU", QemuProcess.Limit);
        var fault = await Assert.ThrowsAsync<QmpProtocolException>(() => qmp.QueryStatusAsync());
        Assert.Equal(expected, fault.Fault);
        Assert.Contains("query-status", fault.Message, StringComparison.Ordinal);
        await peer;
    }

    [Fact(Timeout = 120_000)]
    public async Task A_late_reply_is_not_taken_for_the_next_one()
    {
        var (here, there) = await PairAsync();
        var greeting = GreetAsync(there);
        await using var qmp = await QmpClient.AttachAsync(here.SafeHandle, "QEMU", QemuProcess.Limit);
        await greeting;
        var late = await Assert.ThrowsAsync<QmpProtocolException>(() => qmp.Within(TimeSpan.FromMilliseconds(20)).QueryStatusAsync());
        Assert.Equal(QmpFault.Deadline, late.Fault);
        await AnswerAsync(there, "{\"return\": {\"status\": \"late\", \"running\": false}, \"id\": 2}\n", answers: 0);
        var next = qmp.QueryStatusAsync();
        await AnswerAsync(there, "{\"return\": {\"status\": \"running\", \"running\": true}, \"id\": 3}\n", answers: 0);
        Assert.Equal("running", (await next).Status);
        there.Dispose();
    }

    [Fact(Timeout = 120_000)]
    public async Task A_peer_that_does_not_read_runs_into_the_deadline()
    {
        var (here, there) = await PairAsync();
        var greeting = GreetAsync(there);
        await using var qmp = await QmpClient.AttachAsync(here.SafeHandle, "QEMU", TimeSpan.FromSeconds(3));
        await greeting;
        var fault = await Assert.ThrowsAsync<QmpProtocolException>(() => qmp.HumanMonitorCommandAsync(new string('x', 8 << 20)));
        Assert.Equal(QmpFault.Deadline, fault.Fault);
        there.Dispose();
    }

    private static void FillForEver(QmpLineBuffer buffer)
    {
        while (!buffer.TryTake(out _))
        {
            var free = buffer.Free();
            free.Span.Fill((byte)'x');
            buffer.Add(free.Length);
        }
    }

    private static bool ReadsOrFaults(byte[] bytes)
    {
        try
        {
            QmpMessageReader.Read(bytes, "QEMU");
        }
        catch (QmpProtocolException e)
        {
            Assert.NotEmpty(e.Message);
        }

        return true;
    }

    private static async Task<(Socket Here, Socket There)> PairAsync()
    {
        var path = Path.Combine(Path.GetTempPath(), $"vh-{Guid.NewGuid():N}");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(1);
        var here = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        here.Connect(new UnixDomainSocketEndPoint(path));
        var there = await listener.AcceptAsync();
        File.Delete(path);
        return (here, there);
    }

    private static async Task GreetAsync(Socket socket)
    {
        await AnswerAsync(socket, Hello, answers: 0);
        await AnswerAsync(socket, "{\"return\": {}, \"id\": 1}\r\n", answers: 1);
    }

    private static async Task AnswerAsync(Socket socket, string text, int answers)
    {
        var buffer = new byte[65536];
        for (var i = 0; i < answers; i++)
            Assert.NotEqual(0, await socket.ReceiveAsync(buffer));
        if (text.Length > 0)
            await socket.SendAsync(Encoding.UTF8.GetBytes(text));
    }
}
