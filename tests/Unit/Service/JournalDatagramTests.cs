using System.Text;
using CsCheck;
using VirtHandover.Service.Logging;

namespace VirtHandover.Tests.Unit.Service;

public class JournalDatagramTests
{
    // Values are escaped before; this holds even if one was forgotten.
    [Fact]
    public void Whatever_a_value_is_it_stays_in_its_field() => AnyText.Gen.List[0, 8].Sample(values =>
    {
        var datagram = new JournalDatagram();
        for (var index = 0; index < values.Count; index++)
            datagram.Add($"FIELD_{index % 3}", values[index]);
        Assert.Equal(values.Select((value, index) => ($"FIELD_{index % 3}", Sent(value))), JournalEntryReader.Read(datagram.Bytes));
    });

    [Fact]
    public void A_value_of_several_lines_has_its_length_in_front()
    {
        var datagram = new JournalDatagram();
        datagram.Add("MESSAGE", "one\ntwo");
        datagram.Add("PRIORITY", "6");
        Assert.Equal("MESSAGE\n\u0007\0\0\0\0\0\0\0one\ntwo\nPRIORITY=6\n"u8, datagram.Bytes);
    }

    /// <summary>What is left of a half character.</summary>
    private static string Sent(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
