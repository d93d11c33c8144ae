using System.Text;
using VirtHandover.Bus;
using VirtHandover.Bus.Gate;
using VirtHandover.Hook;
using VirtHandover.Policy;
using VirtHandover.Qemu;
using VirtHandover.Worker;

namespace VirtHandover.Tests.Unit.Fuzz;

internal static partial class FuzzTargets
{
    private static readonly CommandLine s_clock = CommandLine.Parse(["qemu", "-rtc", "base=2026-01-01T00:00:00"]);

    // As they come from a socket, in pieces: the lines are those that a whole text has.
    private static void Stream(byte[] input)
    {
        var buffer = new QmpLineBuffer("a liar", limit: 1 << 16);
        List<byte[]> lines = [];
        int piece = input.Length == 0 ? 1 : (input[0] % 61) + 1;
        for (int at = 0; at < input.Length;)
        {
            Memory<byte> free = buffer.Free();
            int length = Math.Min(Math.Min(piece, free.Length), input.Length - at);
            input.AsSpan(at, length).CopyTo(free.Span);
            buffer.Add(length);
            at += length;
            while (buffer.TryTake(out ReadOnlySpan<byte> line))
                lines.Add(line.ToArray());
        }

        int end = Array.LastIndexOf(input, (byte)'\n');
        Assert.Equal(end < input.Length - 1, buffer.HasPart);
        IEnumerable<byte[]> whole = end < 0 ? [] : Split(input[..end]).Select(line => line.AsSpan().Trim("\r \t"u8).ToArray()).Where(line => line.Length > 0);
        Assert.Equal(whole, lines);
        foreach (byte[] line in lines)
            _ = QmpMessageReader.Read(line, "a liar");
    }

    // What goes between a process and the bus, in pieces: the gate lets through no more than came, and the greeting lets in nobody who does not say so.
    private static void Wire(byte[] input)
    {
        long taken = 0;
        var cutter = new MessageCutter(
            4096,
            (head, body) =>
            {
                taken += head.Length;
                // A header that is not kept counts among it: a message's 16 first bytes and what they are padded to.
                Assert.InRange(body, 0, (2L * uint.MaxValue) + 32);
                if (head.Length > 0)
                    _ = (MessageHead.Read(head).Sender, MessageHead.Read(head).WantsReply);
            },
            bytes => taken += bytes.Length,
            () => { });
        var gate = new BusGate(new GateLimits());
        var room = new byte[1 << 16];
        int begin = input.AsSpan().IndexOf("\nl"u8) + 1;
        int piece = input.Length == 0 ? 1 : (input[0] % 61) + 1;
        foreach (byte[] part in input[begin..].Chunk(piece))
        {
            cutter.Feed(part);
            gate.Receive(part);
            gate.Send(part);
            Assert.InRange(gate.Admit(room), 0, input.Length);
        }

        Assert.InRange(taken, 0, input.Length);
    }

    private static void Greeting(byte[] input)
    {
        using var bus = new MemoryStream();
        bus.Write("\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n"u8);
        bus.Write(input);
        bus.Position = 0;
        BusGreeting.SayAsync(bus, CancellationToken.None).GetAwaiter().GetResult();
        Assert.StartsWith("DATA\r\nOK ", Encoding.ASCII.GetString(input), StringComparison.Ordinal);
    }

    // What a front that somebody has taken over sends to the worker: what is read means the same when it is written again.
    private static void Requests(byte[] input)
    {
        var reader = new WorkerLines<Asked>(new MemoryStream(input), WorkerJson.Default.Asked);
        while (reader.ReadAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult() is { } asked)
        {
            byte[] written = WorkerJson.Write(asked, WorkerJson.Default.Asked);
            Assert.Equal(written, WorkerJson.Write(WorkerJson.Read<Asked>(written.AsSpan()[..^1], WorkerJson.Default.Asked), WorkerJson.Default.Asked));
        }
    }

    private static IEnumerable<byte[]> Split(byte[] text)
    {
        int from = 0;
        for (int at; (at = Array.IndexOf(text, (byte)'\n', from)) >= 0; from = at + 1)
            yield return text[from..at];
        yield return text[from..];
    }

    // What a domain's editor writes is refused, or means the same when it is written and read again.
    private static void Policy(byte[] input)
    {
        DomainPolicy policy = PolicyXml.Read(Text(input));
        if (policy.Problem.Length == 0)
        {
            string written = PolicyXml.Write(policy).Replace("<policy", $"<policy xmlns=\"{PolicyXml.Namespace}\"", StringComparison.Ordinal);
            Assert.Equal(policy, PolicyXml.Read(written));
        }
    }

    // What a package manager passes to the hook: never more than there was, and no path is longer than one can be.
    private static void Paths(byte[] input)
    {
        using var stream = new MemoryStream(input);
        foreach (string path in PathReader.Lines(stream))
        {
            Assert.InRange(path.Length, 0, PathReader.LongestPath);
            _ = UpdateFilter.IsOurs(path);
        }
    }
}
