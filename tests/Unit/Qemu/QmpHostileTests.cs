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

    // Around the sizes at which the buffer grows and gives its memory back.
    [Fact]
    public void Large_lines_come_out_whole_however_they_arrive()
    {
        const int Usual = 64 * 1024;
        var length = Gen.OneOf(Gen.Int[1, 200], Gen.Int[Usual - 3, Usual + 3], Gen.Int[(2 * Usual) - 3, (2 * Usual) + 3], Gen.Int[1, 1_500_000]);
        Gen.Select(length.Array[1, 6], Gen.OneOf(Gen.Int[1, 5000], Gen.Int[5000, 1 << 22])).Sample(
            (lengths, chunk) =>
            {
                var stream = lengths.SelectMany((size, index) => Enumerable.Repeat((byte)('a' + index), size).Append((byte)'\n')).ToArray();
                var buffer = new QmpLineBuffer("QEMU");
                var seen = new List<(char, int)>();
                for (var at = 0; at < stream.Length;)
                {
                    var free = buffer.Free();
                    var count = Math.Min(Math.Min(chunk, free.Length), stream.Length - at);
                    stream.AsSpan(at, count).CopyTo(free.Span);
                    buffer.Add(count);
                    at += count;
                    while (buffer.TryTake(out var taken))
                        seen.Add(((char)taken[0], taken.IndexOfAnyExcept(taken[0]) < 0 ? taken.Length : -1));
                }

                return !buffer.HasPart && seen.SequenceEqual(lengths.Select((size, index) => ((char)('a' + index), size)));
            },
            iter: 60);
    }

    [Theory(Timeout = 120_000)]
    [InlineData(65_000)]
    [InlineData(65_536)]
    [InlineData(65_537)]
    [InlineData(131_072)]
    [InlineData(1_000_003)]
    [InlineData(15_000_000)]
    public async Task A_reply_of_any_size_arrives_and_so_does_the_next(int size)
    {
        var (here, there) = await PairAsync();
        var peer = Task.Run(async () =>
        {
            await GreetAsync(there);
            for (var id = 2; id < 6; id++)
            {
                // Every other one is small: what the large one needed is given back in between.
                var text = $"{{\"return\": \"{new string('x', id % 2 == 0 ? size : 10)}\", \"id\": {id}}}\r\n";
                await AnswerAsync(there, text, answers: 1);
            }
        });
        await using var qmp = await QmpClient.AttachAsync(here.SafeHandle, "QEMU", QemuProcess.Limit);
        foreach (var expected in (int[])[size, 10, size, 10])
            Assert.Equal(expected, (await qmp.ExecuteAsync("query-something")).GetString()!.Length);
        await peer;
        there.Dispose();
    }

    [Fact(Timeout = 120_000)]
    public async Task A_line_beyond_the_limit_ends_that_connection_only()
    {
        var (here, there) = await PairAsync();
        var (otherHere, otherThere) = await PairAsync();
        var greeting = GreetAsync(there);
        await using var qmp = await QmpClient.AttachAsync(here.SafeHandle, "QEMU", QemuProcess.Limit);
        await greeting;
        greeting = GreetAsync(otherThere);
        await using var other = await QmpClient.AttachAsync(otherHere.SafeHandle, "another QEMU", QemuProcess.Limit);
        await greeting;

        var asked = qmp.ExecuteAsync("query-something");
        var endless = Task.Run(async () =>
        {
            var filler = Encoding.ASCII.GetBytes(new string('x', 1 << 20));
            for (var sent = 0; sent <= QmpLimits.LineBytes; sent += filler.Length)
                await there.SendAsync(filler);
        });
        Assert.Equal(QmpFault.TooLarge, (await Assert.ThrowsAsync<QmpProtocolException>(() => asked)).Fault);
        var reply = AnswerAsync(otherThere, "{\"return\": {\"status\": \"running\", \"running\": true}, \"id\": 2}\n", answers: 1);
        Assert.True((await other.QueryStatusAsync()).IsRunning);
        await reply;
        here.Dispose();
        there.Dispose();
        otherThere.Dispose();
        await endless.ContinueWith(_ => { }, TaskScheduler.Default);
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
        using var soon = new CancellationTokenSource();
        var late = qmp.QueryStatusAsync(soon.Token);
        // Once it is on its way: a question that was never sent has no number.
        await AnswerAsync(there, "", answers: 1);
        await soon.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => late);
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
        for (ReadOnlyMemory<byte> left = Encoding.UTF8.GetBytes(text); left.Length > 0;)
            left = left[await socket.SendAsync(left)..];
    }
}
