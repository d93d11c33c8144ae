using CsCheck;
using VirtHandover.Bus;
using VirtHandover.Bus.Gate;

namespace VirtHandover.Tests.Unit.Bus.Gate;

public sealed class MessageCutterTests
{
    private static readonly Gen<byte[]> s_messages =
        Gen.Select(Gen.String[Gen.Char.AlphaNumeric, 0, 40], Gen.UInt[1, uint.MaxValue]).Select((text, serial) =>
            new OwnMessage().Error(MessageHead.Of(":1.7", serial, "", ""), "org.example.Error", text));

    [Fact]
    public void However_the_stream_is_cut_the_messages_are_the_same() => Gen.Select(s_messages.Array[1, 5], Gen.Int[1, 50]).Sample((messages, step) =>
    {
        var seen = new List<byte[]>();
        var one = new List<byte>();
        var cutter = new MessageCutter(
            4096,
            (head, body) =>
            {
                Assert.Equal(messages[seen.Count].Length, head.Length + body);
                one.AddRange(head);
            },
            bytes => one.AddRange(bytes),
            () =>
            {
                seen.Add([.. one]);
                one.Clear();
            });
        foreach (var part in messages.SelectMany(message => message).Chunk(step))
            cutter.Feed(part);
        Assert.True(cutter.IsBetween);
        Assert.Equal(messages, seen);
    });

    [Fact]
    public void A_header_beyond_the_limit_is_passed_by()
    {
        var message = new OwnMessage().Error(MessageHead.Of(":1.7", 1, "", ""), "org.example." + new string('E', 200), "text");
        var heads = new List<int>();
        var bytes = 0;
        var cutter = new MessageCutter(100, (head, _) => heads.Add(head.Length), part => bytes += part.Length, () => { });
        cutter.Feed(message);
        cutter.Feed(message);
        Assert.Equal([0, 0], heads);
        Assert.Equal(2 * (message.Length - MessageHead.FixedBytes), bytes);
        Assert.True(cutter.IsBetween);
    }

    [Fact]
    public void What_was_written_is_read()
    {
        var error = new OwnMessage().Error(MessageHead.Of(":1.7", 42, "", ""), "org.example.Error", "text");
        var head = MessageHead.Read(error);
        Assert.Equal((MessageKind.Error, 42u, ":1.7", false), (head.Kind, head.ReplySerial, head.Destination, head.WantsReply));
        var (question, serial) = new OwnMessage().AskUser(":1.7");
        head = MessageHead.Read(question);
        Assert.Equal(
            (MessageKind.MethodCall, serial, "org.freedesktop.DBus", "GetConnectionUnixUser", true),
            (head.Kind, head.Serial, head.Destination, head.Member, head.WantsReply));
        Assert.True(serial > OwnMessage.FirstSerial);
    }

    [Fact]
    public void Random_bytes_raise_nothing_but_what_is_said() => Gen.Byte.Array[0, 300].Sample(bytes =>
    {
        var cutter = new MessageCutter(
            128,
            (head, _) =>
            {
                if (head.Length > 0)
                    MessageHead.Read(head);
            },
            _ => { },
            () => { });
        try
        {
            cutter.Feed(bytes);
        }
        catch (BusException)
        {
        }
    });

    [Fact]
    public void Random_fields_raise_nothing() => Gen.Select(Gen.Byte.Array[0, 200], Gen.Bool).Sample((fields, big) =>
    {
        byte[] start = [(byte)(big ? 'B' : 'l'), 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0];
        start[big ? 15 : 12] = (byte)fields.Length;
        byte[] all = [.. start, .. fields];
        Assert.True(MessageHead.Lengths(all).Head >= all.Length);
        MessageHead.Read(all);
    });
}
